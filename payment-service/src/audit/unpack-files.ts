import { readFile } from 'node:fs/promises'
import { unpackExports } from './unpack.ts'

/**
 * The lines of one export, from files of a log archive.
 *
 * @param stream which run, where there are several.
 * @throws Error that names the runs there are, unless it is clear which one is meant.
 */
export async function unpackFiles(paths: readonly string[], stream?: string): Promise<string[]> {
  const runs = unpackExports(await Promise.all(paths.map((path) => readFile(path))))
  const names = stream === undefined ? [...runs.keys()] : [stream]
  const lines = names.length === 1 ? runs.get(names[0] ?? '') : undefined
  if (lines !== undefined) return lines
  if (runs.size === 0) throw new Error('the files hold no export')
  throw new Error(`the files hold the runs ${[...runs.keys()].join(', ')}; name one with --run`)
}
