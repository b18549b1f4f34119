import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile, type OutputFile, type Plugin } from 'esbuild'

export type BundledPackage = { name: string; version: string; license?: string }

const repository = fileURLToPath(new URL('../../', import.meta.url))
const entries = ['payment-service/src/main.ts', 'payment-service/src/cli.ts']
/** Where it lies, in the repository and in the image: its files find theirs from there. */
export const bundleFolder = 'payment-service/dist'
const dayMs = 24 * 60 * 60 * 1000
// Packages in CommonJS call `require` for Node's own modules, which a module of the other kind does not have.
const banner = `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`

/**
 * Makes one program of the payment service, its command line and the packages that they import: a start reads some sixty
 * files in place of a thousand (docs/decisions/0027-image.md has the figures). What they read at run time beside code
 * (migrations, pages' styles, documents) stays where it is.
 * @param folder the absolute path that it is written to; a path in the repository, or it must not be moved.
 * @returns the packages of others that are in it, by name, as `bom.json` beside it tells them too.
 */
export async function bundlePaymentService(folder = join(repository, bundleFolder)): Promise<BundledPackage[]> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: repository,
    entryPoints: entries,
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: { js: banner },
    // By it a log line tells the place of an error in the source (payment-service/src/source-places.ts).
    sourcemap: true,
    sourcesContent: false,
    // Optional, in C, and not installed.
    external: ['pg-native'],
    plugins: [keepAddresses(folder)],
    metafile: true,
    logLevel: 'error',
    write: false,
  })
  refuseNameless(metafile)
  writeBundle(folder, outputFiles)
  const packages = listPackages(metafile)
  writeFileSync(join(folder, 'bom.json'), `${JSON.stringify(describePackages(packages), null, 2)}\n`)
  return packages
}

/** A process may run from what an earlier one wrote, whose pieces have names of their own: they go after a day. */
function writeBundle(folder: string, files: readonly OutputFile[]): void {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (Date.now() - statSync(path).mtimeMs > dayMs) rmSync(path)
  }
  for (const { path, contents } of files) {
    // In one step, since another run may write the same just now.
    const unfinished = `${path}.${process.pid}`
    writeFileSync(unfinished, contents, { mode: path.endsWith('cli.js') ? 0o755 : 0o644 })
    renameSync(unfinished, path)
  }
}

/** A module of ours that reads a file beside it names it from its own address, which the bundle's is not. */
function keepAddresses(folder: string): Plugin {
  return {
    name: 'keep-addresses',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8')
        if (!text.includes('import.meta.url') || path.includes(`${sep}node_modules${sep}`)) return undefined
        const own = JSON.stringify(relative(folder, path).split(sep).join('/'))
        return { contents: text.replaceAll('import.meta.url', `new URL(${own}, import.meta.url).href`), loader: 'ts' }
      })
    },
  }
}

/**
 * A package in CommonJS that is imported by `import()` has its names in Node, and none in the bundle: `new Signer` would be
 * `new undefined`, where it is called and not before. A file of ours that imports it at its head, and is itself imported so, has them.
 */
function refuseNameless({ outputs }: Metafile): void {
  const nameless = Object.values(outputs).filter(
    ({ entryPoint, exports }) => entryPoint?.includes('node_modules/') && exports.join() === 'default',
  )
  if (nameless.length > 0)
    throw new Error(`the bundle has no names of ${nameless.map(({ entryPoint }) => entryPoint).join(', ')}`)
}

/** The packages whose files are in what was written. */
function listPackages({ outputs }: Metafile): BundledPackage[] {
  const folders = new Set<string>()
  for (const { inputs } of Object.values(outputs)) {
    for (const path of Object.keys(inputs)) {
      const folder = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0]
      if (folder !== undefined) folders.add(folder)
    }
  }
  const packages = [...folders].map((folder) => {
    const text = readFileSync(join(repository, folder, 'package.json'), 'utf8')
    const { name, version, license } = JSON.parse(text) as BundledPackage
    return { name, version, ...(typeof license === 'string' ? { license } : {}) }
  })
  return packages.sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** A bill of materials in the form of CycloneDX 1.5, which scanners of vulnerabilities read. */
function describePackages(packages: readonly BundledPackage[]): object {
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    components: packages.map(({ name, version, license }) => ({
      type: 'library',
      name,
      version,
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      ...(license === undefined ? {} : { licenses: [{ license: { id: license } }] }),
    })),
  }
}
