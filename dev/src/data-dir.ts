import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type LockedDataDir = { path: string; release(): void }

type Lock = { pid: number; started: string }

/**
 * Makes the data directory and takes it for this process alone. A lock whose process is gone is taken over.
 * @throws Error of one line when another launcher holds it.
 */
export function lockDataDir(path: string): LockedDataDir {
  const dataDir = resolve(path)
  // Others may pass through, since PostgreSQL runs as another user when this is root; every secret below has 0600.
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const file = join(dataDir, 'launcher.lock')
  for (;;) {
    try {
      const own: Lock = { pid: process.pid, started: startOf(process.pid) ?? '' }
      writeFileSync(file, JSON.stringify(own), { flag: 'wx' })
      return { path: dataDir, release: () => rmSync(file, { force: true }) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
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
