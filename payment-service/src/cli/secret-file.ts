import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { CommandFailure } from './failures.ts'

/**
 * Makes something that has a secret, and writes the secret to a new file, which its owner alone may read. The file is
 * opened before: a secret that could not be kept would be lost. When nothing is made, no file is left.
 *
 * @param path without one the secret is not kept, and is to be shown.
 */
export async function keepSecret<Made>(
  path: string | undefined,
  make: () => Promise<Made>,
  secretOf: (made: Made) => string,
): Promise<Made> {
  if (path === undefined) return make()
  const file = openNew(path)
  try {
    const made = await make()
    writeSync(file, `${secretOf(made)}\n`)
    return made
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(file)
  }
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    throw new CommandFailure(`${path} cannot be made (${code}).`, 'Name a file that is not there yet.')
  }
}
