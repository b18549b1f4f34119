import { uptime } from 'node:os'
import type { Queryable } from './pool.ts'

/** The database's clock, as one process knows it. */
export type DatabaseClock = {
  now(): Date
  /** Asks the database again. Keeps what was known when it cannot be asked. */
  sync(): Promise<void>
}

/**
 * One clock for all processes: the database's. An attempt's lease, its look-up and the proof that it never acted are
 * times that one process writes and another compares, so a process whose own wall clock was wrong by more than a lease
 * would have a call under way looked up, found nowhere, and called failed; or nobody would look it up for an hour.
 *
 * Between two questions time goes on by the monotonic clock. It stands still while a machine sleeps, which looks just as
 * a wall clock that was set forward: of the two, the machine's uptime tells.
 *
 * @throws what the first question failed with.
 */
export async function openDatabaseClock(db: Queryable): Promise<DatabaseClock> {
  let known = await ask(db)
  return {
    now: () => new Date(known.time + elapsedSince(known)),
    async sync() {
      try {
        known = await ask(db)
      } catch {
        // The database is away, and so is everything that a time could be written to.
      }
    },
  }
}

/** How far wall and monotonic clock may drift apart between two questions before one of them was set, or stood still. */
const toleratedMs = 250

/** What the database said, and the process's own clocks at that moment. In milliseconds. */
type Known = { time: number } & OwnClocks
type OwnClocks = { monotonic: number; wall: number; uptime: number }

function readOwnClocks(): OwnClocks {
  return { monotonic: performance.now(), wall: Date.now(), uptime: uptime() * 1_000 }
}

async function ask(db: Queryable): Promise<Known> {
  const before = performance.now()
  const { rows } = await db.query<{ ms: number }>('select extract(epoch from clock_timestamp())::float8 * 1000 as ms')
  const own = readOwnClocks()
  if (rows[0] === undefined) throw new Error('The database does not know the time')
  // It was read about halfway between the question and its answer.
  return { time: rows[0].ms + (own.monotonic - before) / 2, ...own }
}

function elapsedSince(known: Known): number {
  const monotonic = performance.now() - known.monotonic
  const wall = Date.now() - known.wall
  return Math.abs(wall - monotonic) <= toleratedMs ? monotonic : uptime() * 1_000 - known.uptime
}
