import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathInRepository } from '../managed-process.ts'

/** The version that is replaced by this one: what runs while a rollout goes on. */
export type PreviousVersion = {
  /** The whole hash of its commit. */
  commit: string
  /** How people call it. */
  name: string
  /** Its migrations, with the SHA-256 of each: released ones are never edited. */
  migrations: Record<string, string>
}

export const previousVersionFile = 'payment-service/previous/version.json'
/** Where the migrations are, in this version as in a checkout. */
export const migrationsPath = 'payment-service/migrations'

export function readPreviousVersion(): PreviousVersion {
  return JSON.parse(readFileSync(pathInRepository(previousVersionFile), 'utf8'))
}

export type Checkout = {
  /** The root of a repository, with its packages. */
  folder: string
  remove(): void
}

/** Whether this repository's history holds a commit: a shallow clone, or a copy without git, does not. */
export function isInHistory(commit: string): boolean {
  return spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: pathInRepository('') }).status === 0
}

/** Gives a checkout the schema of another version: the migrations of that folder in place of those that it has. */
export function replaceMigrations(checkout: string, source: string): void {
  const migrations = join(checkout, migrationsPath)
  rmSync(migrations, { recursive: true, force: true })
  cpSync(source, migrations, { recursive: true })
}

/**
 * Puts the files of the previous version into a folder of their own, from git, with this version's installed packages:
 * what may differ is FinCore's own code.
 *
 * @throws Error when this repository's history does not hold the commit (a shallow clone).
 */
export function checkOutPrevious(commit: string): Checkout {
  const archive = spawnSync('git', ['archive', '--format=tar', commit], {
    cwd: pathInRepository(''),
    maxBuffer: 512 * 1024 * 1024,
  })
  if (archive.status !== 0) throw new Error(`git does not have the commit ${commit}: fetch the whole history`)
  const folder = mkdtempSync(join(tmpdir(), 'fincore-previous-'))
  execFileSync('tar', ['-x', '-C', folder], { input: archive.stdout })
  linkPackages(folder)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A copy of this version as it stands here, for a drill to change: of those workspaces that a payment service runs by. */
export function copyThisVersion(): Checkout {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-copy-'))
  for (const path of ['package.json', 'api-contract', 'browser-sdk', 'card-relay', 'payment-service'])
    cpSync(pathInRepository(path), join(folder, path), {
      recursive: true,
      filter: (source) => basename(source) !== 'node_modules',
    })
  linkPackages(folder)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Links every installed package, but the workspaces are those of the folder itself. */
function linkPackages(folder: string): void {
  const { workspaces } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { workspaces: string[] }
  const [ours, theirs] = [pathInRepository('node_modules'), join(folder, 'node_modules')]
  mkdirSync(join(theirs, '@fincore'), { recursive: true })
  for (const name of readdirSync(ours))
    if (name !== '@fincore' && name !== '.cache') symlinkSync(join(ours, name), join(theirs, name))
  for (const workspace of workspaces.filter((path) => existsSync(join(folder, path)))) {
    const { name } = JSON.parse(readFileSync(join(folder, workspace, 'package.json'), 'utf8')) as { name: string }
    if (name.startsWith('@fincore/')) symlinkSync(join('..', '..', workspace), join(theirs, name))
    const own = pathInRepository(join(workspace, 'node_modules'))
    if (existsSync(own)) symlinkSync(own, join(folder, workspace, 'node_modules'))
  }
}
