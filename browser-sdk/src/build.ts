import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { readVersions, type SdkFileName, type SdkVersion } from './served.ts'

/** Read by browsers of 2022 and later. */
const target = 'es2022'
const entries: Readonly<Record<SdkFileName, { entry: string; format: 'iife' | 'esm' }>> = {
  'fincore.js': { entry: 'window-fincore.ts', format: 'iife' },
  'fincore.mjs': { entry: 'fincore.ts', format: 'esm' },
}
const declared = `
export declare class FincoreError extends Error {
  readonly code: string
  readonly field: FieldName | null
  constructor(code: string, message: string, detail?: { field?: FieldName | null; cause?: unknown })
}

export declare function loadFincore(options: LoadOptions): Promise<Fincore>

declare global {
  interface Window {
    /** Of a page that has fincore.js in a script tag; undefined when it was not loaded. */
    Fincore?: { load: typeof loadFincore; FincoreError: typeof FincoreError }
  }
}
`

/**
 * Makes the files of this version from the sources, as `served/` holds them: `npm run docs` writes them there, and its
 * check fails when they differ. Paths are within the package.
 *
 * Throws for sources that changed after their version was released, because pages have its hashes.
 */
export async function buildSdk(): Promise<{ path: string; text: string }[]> {
  const manifest = JSON.parse(read('../package.json')) as { version: string; exports: Record<string, unknown> }
  const folder = `served/v${manifest.version}`
  const types = { path: `${folder}/fincore.d.ts`, text: read('types.ts') + declared }
  const scripts = await Promise.all(
    (Object.keys(entries) as SdkFileName[]).map(async (name) => ({ name, text: await bundle(name, manifest.version) })),
  )
  const files = Object.fromEntries(scripts.map(({ name, text }) => [name, describe(text)])) as SdkVersion['files']
  const versions = putVersion(readVersions(), manifest.version, files)
  if (!JSON.stringify(manifest.exports['.']).includes(`/${folder}/fincore.mjs`))
    throw new Error(`The exports in browser-sdk/package.json are not those of version ${manifest.version}.`)
  return [
    ...scripts.map(({ name, text }) => ({ path: `${folder}/${name}`, text })),
    types,
    { path: 'served/versions.json', text: `${JSON.stringify(versions, null, 2)}\n` },
  ]
}

/** The versions with this one as the newest. Throws when it is released and its files would change. */
export function putVersion(versions: readonly SdkVersion[], version: string, files: SdkVersion['files']): SdkVersion[] {
  const known = versions.find((one) => one.version === version)
  if (known?.released && JSON.stringify(known.files) !== JSON.stringify(files))
    throw new Error(`${version} is released, and pages have its hashes: raise the version in browser-sdk/package.json.`)
  return [{ version, released: known?.released ?? false, files }, ...versions.filter((one) => one !== known)]
}

/** One file of this version, as browsers get it. */
export async function bundle(name: SdkFileName, version = 'of development'): Promise<string> {
  const { entry, format } = entries[name]
  const { outputFiles } = await build({
    entryPoints: [new URL(entry, import.meta.url).pathname],
    bundle: true,
    minify: true,
    format,
    target,
    charset: 'utf8',
    write: false,
    banner: { js: `/* @fincore/browser ${version}, Apache-2.0 */` },
  })
  return outputFiles[0]?.text ?? ''
}

function describe(text: string): SdkVersion['files'][SdkFileName] {
  const integrity = `sha384-${createHash('sha384').update(text).digest('base64')}`
  return { integrity, bytes: Buffer.byteLength(text), gzipped: gzipSync(text, { level: 9 }).length }
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}
