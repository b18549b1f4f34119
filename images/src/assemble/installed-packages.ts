import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { copyTree } from './copy-tree.ts'

type Locked = {
  link?: boolean
  resolved?: string
  dependencies?: object
  optionalDependencies?: object
  peerDependencies?: object
}
type Lock = { packages: Record<string, Locked> }

/**
 * Where the lock file has the packages that `npm ci --omit=dev --workspace=…` installs: those that the workspace needs,
 * and those that these need, down to the last.
 */
export function listInstalled(lock: Lock, workspace: string): string[] {
  const found = new Set<string>()
  const visit = (place: string) => {
    if (found.has(place)) return
    found.add(place)
    const { link, resolved = '', dependencies, optionalDependencies, peerDependencies } = lock.packages[place] ?? {}
    if (link) visit(resolved)
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      const needed = resolve(lock, place, name)
      if (needed !== undefined) visit(needed)
    }
  }
  visit(workspace)
  return [...found].filter((place) => place.includes('node_modules/')).sort()
}

/** As Node looks for it: beside the package, then in every folder above. */
function resolve({ packages }: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.replace(/(^|\/)[^/]*$/, '')) {
    const place = join(folder, 'node_modules', name)
    if (place in packages) return place
    if (folder === '') return undefined
  }
}

/**
 * Puts into a folder what `npm ci` would install there, out of what it has installed in the repository from the same lock
 * file. Quicker than npm, and without a registry; whether npm can do it shows only npm.
 */
export function copyInstalled(repository: string, workspace: string, into: string): number {
  const lock = JSON.parse(readFileSync(join(into, 'package-lock.json'), 'utf8')) as Lock
  const places = listInstalled(lock, workspace)
  for (const place of places) {
    const { link, resolved = '' } = lock.packages[place] ?? {}
    const to = join(into, place)
    mkdirSync(dirname(to), { recursive: true })
    if (link) symlinkSync(relative(dirname(to), join(into, resolved)), to)
    // One for another kind of machine is not there, and is not missed.
    else if (existsSync(join(repository, place))) copyTree(join(repository, place), to, ['node_modules'])
  }
  return places.length
}
