import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isOpenToOthers, type PostgresBinaries, unprivilegedId } from './postgres-binaries.ts'

// After kill -9 of a launcher its server needs a moment to write its last checkpoint.
const previousServerTimeoutMs = 3_000

/** The user that PostgreSQL runs as; null for the one that this process runs as. */
export function unprivilegedUser(): number | null {
  return process.getuid?.() === 0 ? unprivilegedId : null
}

/**
 * How PostgreSQL itself is told its folder. Below a folder that is closed to the unprivileged user, such as root's home,
 * the path cannot be walked, but the working directory, entered while still root, can be used as it is.
 */
export function pathForServer(cluster: string): string {
  return unprivilegedUser() === null || isOpenToOthers(join(cluster, '..')) ? cluster : '/proc/self/cwd'
}

export function initialiseCluster(binaries: PostgresBinaries, dataDir: string, throwAway: boolean): void {
  const user = unprivilegedUser()
  const password = randomBytes(24).toString('base64url')
  writeFileSync(join(dataDir, 'password'), password, { mode: 0o600 })
  // Made aside and renamed, so that a start which was interrupted here leaves no half a cluster.
  const fresh = join(dataDir, 'cluster.new')
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  const scratch = mkdtempSync(join(tmpdir(), 'fincore-initdb-'))
  const passwordFile = join(scratch, 'password')
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 })
    if (user !== null) {
      for (const path of [fresh, scratch, passwordFile]) chownSync(path, user, user)
    }
    execFileSync(
      join(binaries.binDir, 'initdb'),
      [
        `--pgdata=${pathForServer(fresh)}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        ...(throwAway ? ['--no-sync'] : []),
      ],
      { cwd: fresh, stdio: 'pipe', ...(user === null ? {} : { uid: user, gid: user }) },
    )
    chmodSync(fresh, 0o700)
    renameSync(fresh, join(dataDir, 'cluster'))
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new Error(`PostgreSQL's data directory ${dataDir} could not be made: ${said}`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Waits a moment for a server that is just stopping; removes the lock of one that is gone. */
export async function waitForPreviousServer(cluster: string): Promise<void> {
  const lock = join(cluster, 'postmaster.pid')
  const deadline = Date.now() + previousServerTimeoutMs
  while (existsSync(lock)) {
    const pid = Number.parseInt(readFileSync(lock, 'utf8'), 10)
    if (!isServerOf(pid, cluster)) {
      rmSync(lock, { force: true })
      return
    }
    if (Date.now() > deadline) {
      throw new Error(
        `The data directory ${cluster} is in use by a running PostgreSQL (process ${pid}). Stop it, or set FINCORE_DATA_DIR to another directory.`,
      )
    }
    await sleep(50)
  }
}

/** Whether this process runs, and is a PostgreSQL on this cluster: a process id in an old lock may long be another's. */
function isServerOf(pid: number, cluster: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  if (process.platform !== 'linux') return true
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)
  } catch {
    // Another user's process, whose folder we may not see: PostgreSQL itself decides.
    return existsSync(`/proc/${pid}`)
  }
}
