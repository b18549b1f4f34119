import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** For a script tag, and for an import. */
export type SdkFileName = 'fincore.js' | 'fincore.mjs'

/** A version of the SDK that is served. Once it is released its files never change, because pages have their hashes. */
export type SdkVersion = {
  version: string
  released: boolean
  files: Record<SdkFileName, { integrity: string; bytes: number; gzipped: number }>
}

const served = new URL('../served/', import.meta.url)

/** Every version that is served, the newest first. */
export function readVersions(): SdkVersion[] {
  return JSON.parse(readFileSync(new URL('versions.json', served), 'utf8')) as SdkVersion[]
}

/** A served file, byte by byte. Throws when it is not the one that versions.json tells the hash of. */
export function readSdkFile({ version, files }: SdkVersion, name: SdkFileName): { body: string; integrity: string } {
  const body = readFileSync(new URL(`v${version}/${name}`, served), 'utf8')
  const { integrity } = files[name]
  if (`sha384-${createHash('sha384').update(body).digest('base64')}` !== integrity)
    throw new Error(`served/v${version}/${name} is not the file that served/versions.json tells the hash of.`)
  return { body, integrity }
}

/** The version that is newest. */
export function newestVersion(): SdkVersion {
  const [newest] = readVersions()
  if (newest === undefined) throw new Error('served/versions.json lists no version of the SDK.')
  return newest
}

/** Where the API serves a file of it. */
export function sdkPath(version: string, name: SdkFileName): string {
  return `/sdk/v${version}/${name}`
}
