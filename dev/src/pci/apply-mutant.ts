import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathInRepository } from '../managed-process.ts'
import type { Mutant } from './mutants.ts'
import { listSourceFiles } from './source-files.ts'

/**
 * Copies the repository as it lies there, so that a mutant never touches it. Packages are linked one by one, so that the
 * workspaces' own names lead into the copy.
 */
export function copyRepository(into: string): void {
  for (const path of listSourceFiles()) {
    mkdirSync(dirname(join(into, path)), { recursive: true })
    cpSync(pathInRepository(path), join(into, path))
  }
  const { workspaces } = JSON.parse(readFileSync(join(into, 'package.json'), 'utf8')) as { workspaces: string[] }
  const scope = join(into, 'node_modules', '@fincore')
  mkdirSync(scope, { recursive: true })
  for (const name of readdirSync(pathInRepository('node_modules'))) {
    if (name !== '@fincore') symlinkSync(pathInRepository(`node_modules/${name}`), join(into, 'node_modules', name))
  }
  for (const workspace of workspaces) {
    const { name } = JSON.parse(readFileSync(join(into, workspace, 'package.json'), 'utf8')) as { name: string }
    symlinkSync(join(into, workspace), join(scope, name.replace('@fincore/', '')))
    const own = pathInRepository(`${workspace}/node_modules`)
    if (hasEntries(own)) symlinkSync(own, join(into, workspace, 'node_modules'))
  }
}

/**
 * Makes a mutant's edits in a copy.
 * @returns how to undo them.
 * @throws Error when a text is not found exactly once: the source has changed, and the table must follow.
 */
export function applyMutant(mutant: Pick<Mutant, 'name' | 'edits'>, root: string): () => void {
  const originals = new Map<string, string>()
  const undo = () => {
    for (const [path, text] of originals) writeFileSync(path, text)
  }
  for (const { file, find, replacement } of mutant.edits) {
    const path = join(root, file)
    const text = readFileSync(path, 'utf8')
    const pieces = text.split(find)
    if (pieces.length !== 2) {
      undo()
      throw new Error(
        `“${mutant.name}”: its text stands ${pieces.length - 1} times in ${file}. Fit the table of mutants.`,
      )
    }
    if (!originals.has(path)) originals.set(path, text)
    writeFileSync(path, pieces.join(replacement))
  }
  return undo
}

export function removeCopy(root: string): void {
  rmSync(root, { recursive: true, force: true })
}

function hasEntries(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0
  } catch {
    return false
  }
}
