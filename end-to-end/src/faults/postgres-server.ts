import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { urlOfDatabase, withClient } from '@fincore/dev/database'
import { type RunningPostgres, startPostgres } from '@fincore/dev/embedded-postgres'
import { childrenOf } from '../linux-process.ts'

/** The drill's own PostgreSQL, which it may kill, starve and start again. */
export type PostgresServer = {
  ownerUrl: string
  superuserUrl: string
  /** As superuser. */
  asSuperuser<T>(work: Parameters<typeof withClient<T>>[1]): Promise<T>
  /** `kill -9` of the postmaster; its children see it and end. Waits until all are gone. */
  kill(): Promise<void>
  /** Starts it again until it runs, whatever recovery takes. */
  revive(): Promise<void>
  isUp(): boolean
  stop(): Promise<void>
}

const reviveWithinMs = 60_000

export async function startPostgresServer(dataDir: string, port: number): Promise<PostgresServer> {
  let running: RunningPostgres = await startPostgres({ dataDir, port })
  let isUp = true
  const watch = (server: RunningPostgres) => {
    void server.stopped.then(() => {
      if (server === running) isUp = false
    })
  }
  watch(running)
  const ownerUrl = running.ownerUrl
  const url = new URL(urlOfDatabase(ownerUrl, 'postgres'))
  url.username = 'postgres'
  const superuserUrl = url.href
  return {
    ownerUrl,
    superuserUrl,
    asSuperuser: (work) => withClient(superuserUrl, work),
    async kill() {
      const postmaster = Number.parseInt(readFileSync(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8'), 10)
      const children = childrenOf(postmaster)
      isUp = false
      process.kill(postmaster, 'SIGKILL')
      await running.stopped
      // A backend that was in the middle of something ends a moment later; until then nothing may start on its files.
      for (const until = performance.now() + 10_000; children.some(isAlive) && performance.now() < until; )
        await sleep(20)
    },
    async revive() {
      for (const until = performance.now() + reviveWithinMs; ; await sleep(300)) {
        try {
          running = await startPostgres({ dataDir, port })
          watch(running)
          isUp = true
          return
        } catch (error) {
          if (performance.now() > until) throw error
        }
      }
    },
    isUp: () => isUp,
    stop: () => running.stop(),
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** How the disk of the database can be made full here, without touching anybody else's. */
export type DiskFull = {
  how: string
  /** Nothing more can be written. */
  fill(): void
  empty(): void
}

/** A file system of its own below the data directory, filled by a file: the real ENOSPC, for tables and WAL alike. */
export function fillFileSystem(folder: string): DiskFull {
  const filler = join(folder, 'filler')
  return {
    how: 'a small file system of its own, filled to the last byte (ENOSPC, for tables and WAL)',
    fill() {
      const file = openSync(filler, 'w')
      try {
        const block = Buffer.alloc(65_536, 1)
        const { bavail, bsize } = statfsSync(folder)
        for (let left = bavail * bsize; left > 0; left -= block.length) writeSync(file, block)
        for (;;) writeSync(file, block.subarray(0, 4_096))
      } catch (error) {
        if ((error as { code?: string }).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    empty: () => rmSync(filler, { force: true }),
  }
}

/**
 * No file of the database may grow any more (RLIMIT_FSIZE): PostgreSQL cannot even write its log of changes, and ends
 * itself. Needs nobody's permission, so it also serves where no file system can be mounted.
 */
export function limitFileSizes(dataDir: string): DiskFull {
  const limit = (bytes: string) => {
    const lock = join(dataDir, 'cluster', 'postmaster.pid')
    // It ended itself on its full disk; the next one starts without a limit.
    if (!existsSync(lock)) return
    const postmaster = Number.parseInt(readFileSync(lock, 'utf8'), 10)
    if (!isAlive(postmaster)) return
    // As the user that they run as: another one's processes are nobody's to limit, not even root's in a container.
    const { uid, gid } = statSync(`/proc/${postmaster}`)
    const user = process.getuid?.() === uid ? {} : { uid, gid }
    for (const pid of [postmaster, ...childrenOf(postmaster)]) {
      try {
        execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`], { stdio: 'ignore', ...user })
      } catch (error) {
        // It may have ended meanwhile.
        if (isAlive(pid)) throw error
      }
    }
  }
  return {
    how: 'a limit on the size of every file of PostgreSQL (EFBIG, for tables and WAL)',
    fill: () => limit('65536'),
    empty: () => limit('unlimited'),
  }
}
