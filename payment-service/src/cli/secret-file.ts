import { closeSync, openSync, writeSync } from 'node:fs'
import { CommandFailure } from './failures.ts'

/**
 * Opens a new file for a secret, which its owner alone may read, before the secret is made: one that could not be kept
 * would be lost. Throws where the file is there already.
 */
export function openSecretFile(path: string): { write(secret: string): void } {
  try {
    const file = openSync(path, 'wx', 0o600)
    return {
      write(secret) {
        writeSync(file, `${secret}\n`)
        closeSync(file)
      },
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    throw new CommandFailure(`${path} cannot be made (${code}).`, 'Name a file that is not there yet.')
  }
}
