import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DevFile } from './dev-file.ts'
import { quote } from './shell.ts'

/**
 * What a merchant's server knows, under the names that the guides and the examples use. Nothing of the operators, nor of
 * FinCore itself; the sandbox PSP's public key is there so that `curl` can make a token as the card fields do.
 */
const variables = {
  FINCORE_API_URL: 'api',
  FINCORE_RELAY_URL: 'relay',
  FINCORE_SECRET_KEY: 'secret_key',
  FINCORE_PUBLISHABLE_KEY: 'publishable_key',
  FINCORE_CA_FILE: 'ca',
  FINCORE_CLIENT_CERT_FILE: 'client_cert',
  FINCORE_CLIENT_KEY_FILE: 'client_key',
  PSP_PAGES: 'psp',
  PSP_PUBLIC_KEY: 'psp_public_key',
} as const satisfies Record<string, keyof DevFile>

/** Lines of `NAME='value'`, which a shell reads as well as `node --env-file`. */
export function describeEnvironment(dev: DevFile): string {
  return Object.entries(variables)
    .map(([name, field]) => `${name}=${quote(dev[field])}\n`)
    .join('')
}

/** Writes `dev.env` beside `dev.json`, aside and renamed, so that a reader never sees half a file. */
export function writeDevEnvironment(dataDir: string, dev: DevFile): void {
  const path = join(dataDir, 'dev.env')
  writeFileSync(`${path}.new`, describeEnvironment(dev), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
