import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pathInRepository } from '../managed-process.ts'

const run = promisify(execFile)
const source = pathInRepository('node-sdk')
const cache = pathInRepository('node_modules/.cache/node-sdk')
let packing: Promise<string> | undefined

/**
 * Builds `@fincore/node` as npm gets it: JavaScript and declarations, the README and the licence. It is built once for
 * each state of its source, and kept beside other caches, so that tests may ask for it as often as they like.
 * @returns the path of the tarball, `fincore-node-….tgz`.
 */
export function packNodeSdk(): Promise<string> {
  packing ??= pack()
  return packing
}

async function pack(): Promise<string> {
  const files = globSync('src/**/*.ts', {
    cwd: source,
    exclude: (path) => /\.test\.ts$|(^|\/)testing$/.test(path),
  }).sort()
  const described = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string }
  const folder = join(cache, fingerprint([...files, 'package.json', 'README.md']))
  const tarball = join(folder, `fincore-node-${described.version}.tgz`)
  if (existsSync(tarball)) return tarball
  mkdirSync(cache, { recursive: true })
  // Beside its place, where a whole one takes it in a single step: two processes may build at once.
  const building = mkdtempSync(join(cache, 'building-'))
  try {
    await build(building)
    writeFileSync(join(building, 'package.json'), describePackage(described))
    copyFileSync(join(source, 'README.md'), join(building, 'README.md'))
    copyFileSync(pathInRepository('LICENSE'), join(building, 'LICENSE'))
    await run('npm', ['pack', '--silent', '--ignore-scripts'], { cwd: building })
    if (!existsSync(folder)) renameSync(building, folder)
  } catch (error) {
    if (!existsSync(tarball)) throw error
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
  return tarball
}

function fingerprint(files: readonly string[]): string {
  const hash = createHash('sha256').update(readFileSync(new URL(import.meta.url)))
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(source, file)))
  return hash.digest('hex').slice(0, 16)
}

async function build(folder: string): Promise<void> {
  const options = {
    extends: pathInRepository('tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      // What Node 20 knows.
      target: 'ES2022',
      lib: ['ES2022'],
      typeRoots: [pathInRepository('node_modules/@types')],
      rootDir: join(source, 'src'),
      outDir: join(folder, 'dist'),
    },
    files: [join(source, 'src/index.ts')],
    include: [],
  }
  const config = join(folder, 'tsconfig.json')
  writeFileSync(config, JSON.stringify(options))
  const tsc = pathInRepository('node_modules/typescript-native/bin/tsc')
  await run(process.execPath, [tsc, '-p', config])
  rmSync(config)
  // The compiler gives the imports of JavaScript the new names of the files, and leaves those of declarations as they are.
  for (const file of globSync('dist/*.d.ts', { cwd: folder })) {
    const path = join(folder, file)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/ from '(\.\/[\w-]+)\.ts'/g, " from '$1.js'"))
  }
}

/** The published package.json: of the repository’s own, what a merchant needs, and where the built files are. */
function describePackage(described: object): string {
  const { devDependencies: _, private: __, ...rest } = described as Record<string, unknown>
  const published = {
    ...rest,
    // For compilers that read no exports.
    main: './dist/index.js',
    types: './dist/index.d.ts',
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['dist'],
    sideEffects: false,
  }
  return `${JSON.stringify(published, null, 2)}\n`
}
