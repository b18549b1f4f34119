import { globSync, statSync } from 'node:fs'
import { pathInRepository } from '../managed-process.ts'

const leftOut = /(^|\/)(node_modules|dist|\.git|\.fincore|screenshots|pci-evidence)$/

/** The repository's own files, by their paths in it: what is installed, made or kept while running is left out. */
export function listSourceFiles(): string[] {
  return globSync(['**/*', '.*', '.ci/*'], { cwd: pathInRepository(''), exclude: (path) => leftOut.test(path) })
    .filter(
      (path) =>
        !leftOut.test(path) &&
        !path.endsWith('.log') &&
        statSync(pathInRepository(path), { throwIfNoEntry: false })?.isFile(),
    )
    .sort()
}
