import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type LockedDataDir = { path: string; release(): void }

type Lock = { pid: number; started: string }

/**
 * Makes the data directory and takes it for this process alone. A lock whose process is gone is taken over.
 * Released, it is gone again when this made it and nothing was put into it.
 * @throws Error of one line when another launcher holds it, or it cannot be made or written to.
 */
export function lockDataDir(path: string): LockedDataDir {
  const dataDir = resolve(path)
  const isNew = makeDataDir(dataDir)
  const file = join(dataDir, 'launcher.lock')
  for (;;) {
    try {
      const own: Lock = { pid: process.pid, started: startOf(process.pid) ?? '' }
      writeFileSync(file, JSON.stringify(own), { flag: 'wx' })
      return { path: dataDir, release: () => releaseDataDir(dataDir, file, isNew) }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw explainUnusable(dataDir, error)
    }
    const holder = readLock(file)
    if (holder && startOf(holder.pid) === holder.started) {
      throw new Error(
        `The data directory ${dataDir} is in use by another FinCore (process ${holder.pid}). ` +
          'Stop it, or set FINCORE_DATA_DIR and FINCORE_PORT_BASE to run two side by side.',
      )
    }
    rmSync(file, { force: true })
  }
}

/** @returns whether it was not there before. */
function makeDataDir(dataDir: string): boolean {
  try {
    // Others may pass through, since PostgreSQL runs as another user when this is root; every secret below has 0600.
    return mkdirSync(dataDir, { recursive: true, mode: 0o711 }) !== undefined
  } catch (error) {
    throw explainUnusable(dataDir, error)
  }
}

function releaseDataDir(dataDir: string, lockFile: string, isNew: boolean): void {
  rmSync(lockFile, { force: true })
  if (!isNew) return
  try {
    rmdirSync(dataDir)
  } catch {
    // It holds data by now, as it should.
  }
}

function explainUnusable(dataDir: string, error: unknown): Error {
  return new Error(
    `The data directory ${dataDir} cannot be used (${codeOf(error) ?? error}). ` +
      'Set FINCORE_DATA_DIR to a folder that you may write to, for example: FINCORE_DATA_DIR=~/fincore-data npm start',
  )
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function readLock(file: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Lock
  } catch {
    return undefined
  }
}

/** When a process started, in whatever unit the system has; undefined when it does not run. Ids of processes are reused. */
function startOf(pid: number): string | undefined {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    // Field 22 of proc(5), counted from the third; a zombie has ended.
    return afterName[0] === 'Z' ? undefined : afterName[19]
  } catch {
    if (process.platform === 'linux') return undefined
  }
  try {
    process.kill(pid, 0)
    return 'running'
  } catch {
    return undefined
  }
}
