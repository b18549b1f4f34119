import { uptime } from 'node:os'
import type { Log } from '../log.ts'
import type { Queryable } from './pool.ts'

/** The database's clock, as one process knows it. */
export type DatabaseClock = {
  now(): Date
  /** For how long it has gone on without a jump, in ms of the monotonic clock; infinite when it never jumped. */
  steadyMs(): number
  /** Asks the database again. Keeps what was known when it cannot be asked, or not quickly enough to be believed. */
  sync(): Promise<void>
}

/** How often a process is to call `sync`. */
export const clockSyncMs = 5_000

/**
 * One clock for all processes: the database's. An attempt's lease, its look-up and the proof that it never acted are
 * times that one process writes and another compares, so a process whose own wall clock was wrong by more than a lease
 * would have a call under way looked up, found nowhere, and called failed; or nobody would look it up for an hour.
 *
 * Between two questions time goes on by the monotonic clock. It stands still while a machine sleeps, which looks just as
 * a wall clock that was set forward: of the two, the machine's uptime tells.
 *
 * After a failover the database may have another clock. Its time is taken at once: all processes hear of it within one
 * round of questions, and one that starts then knows no other, so a process that crept towards it would disagree with
 * them for hours. But the ages of what was sent before are then wrong by the jump, so `steadyMs` says how long ago it
 * was, and whoever takes an age for a proof waits for that as well.
 *
 * @throws what a first question failed with.
 */
export async function openDatabaseClock(db: Queryable, log: Log): Promise<DatabaseClock> {
  let known = await askAtStart(db)
  let jumpedAt = Number.NEGATIVE_INFINITY
  return {
    now: () => new Date(known.time + elapsedSince(known)),
    steadyMs: () => performance.now() - jumpedAt,
    async sync() {
      const asked = await ask(db).catch(() => null)
      // Without an answer the database is away, and so is everything that a time could be written to.
      if (asked === null || asked.roundTripMs > believedRoundTripMs) return
      const aheadMs = Math.round(asked.time - (known.time + elapsedSince(known)))
      known = asked
      if (Math.abs(aheadMs) <= jumpMs) return
      jumpedAt = asked.monotonic
      log.error('the database’s clock jumped; “not found” proves nothing until what was sent before has ended', {
        reason: `it is ${aheadMs} ms from the time that was expected`,
      })
    },
  }
}

/**
 * Half of a round trip may be wrong, and waiting for a connection of the pool is part of it. Together with a jump that
 * is not seen as one it has to stay below the half second by which a call ends before its lease.
 */
const believedRoundTripMs = 300
const mostAskedAtStart = 5
/** From here on the database has another clock than before: no drift does that between two questions. */
const jumpMs = 500

/** How far wall and monotonic clock may drift apart between two questions before one of them was set, or stood still. */
const toleratedMs = 250

/** What the database said, and the process's own clocks at that moment. In milliseconds. */
type Known = { time: number; roundTripMs: number } & OwnClocks
type OwnClocks = { monotonic: number; wall: number; uptime: number }

function readOwnClocks(): OwnClocks {
  return { monotonic: performance.now(), wall: Date.now(), uptime: uptime() * 1_000 }
}

/** A process that starts has nothing to keep, so it takes the quickest answer of a few. */
async function askAtStart(db: Queryable): Promise<Known> {
  let quickest = await ask(db)
  for (let asked = 1; asked < mostAskedAtStart && quickest.roundTripMs > believedRoundTripMs; asked++) {
    const again = await ask(db)
    if (again.roundTripMs < quickest.roundTripMs) quickest = again
  }
  return quickest
}

async function ask(db: Queryable): Promise<Known> {
  const before = performance.now()
  const { rows } = await db.query<{ ms: number }>('select extract(epoch from clock_timestamp())::float8 * 1000 as ms')
  const own = readOwnClocks()
  if (rows[0] === undefined) throw new Error('The database does not know the time')
  const roundTripMs = own.monotonic - before
  // It was read about halfway between the question and its answer.
  return { time: rows[0].ms + roundTripMs / 2, roundTripMs, ...own }
}

function elapsedSince(known: Known): number {
  const monotonic = performance.now() - known.monotonic
  const wall = Date.now() - known.wall
  return Math.abs(wall - monotonic) <= toleratedMs ? monotonic : uptime() * 1_000 - known.uptime
}
