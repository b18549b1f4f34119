import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/**
 * What is still under way: in FinCore an outcome that is not known, a session that is open although its time is over, an
 * event that is not delivered or not applied; at the PSP a webhook that did not get through yet, or a refund that takes its time.
 */
export type Unrest = Record<'attempts' | 'charges' | 'refunds' | 'sessions' | 'deliveries' | 'inbox' | 'psp', number>

/** What one look finds at rest may be between two steps. */
const looksInARow = 3

async function countUnrest(database: pg.Pool, pspLedger: string): Promise<Unrest> {
  const { rows } = await database.query<Record<keyof Unrest, string>>(`select
    (select count(*) from attempts where state in ('sent', 'unknown')) as attempts,
    (select count(*) from charges where status = 'processing' or pending_operation is not null) as charges,
    (select count(*) from refunds where status = 'pending') as refunds,
    (select count(*) from payment_sessions where status = 'open' and expires_at < now()) as sessions,
    (select count(*) from webhook_deliveries where state = 'pending') as deliveries,
    (select count(*) from psp_events where state in ('received', 'held')) as inbox`)
  const [row] = rows
  if (row === undefined) throw new Error('The database counted nothing')
  return {
    attempts: Number(row.attempts),
    charges: Number(row.charges),
    refunds: Number(row.refunds),
    sessions: Number(row.sessions),
    deliveries: Number(row.deliveries),
    inbox: Number(row.inbox),
    psp: countAtPsp(pspLedger),
  }
}

function countAtPsp(pspLedger: string): number {
  const ledger = new DatabaseSync(pspLedger, { readOnly: true })
  try {
    const { count } = ledger
      .prepare(
        `select (select count(*) from webhook_deliveries where due_at is not null)
           + (select count(*) from jobs where kind in ('finish_refund', 'approve_late')) as count`,
      )
      .get() as { count: number }
    return count
  } finally {
    ledger.close()
  }
}

/**
 * Waits until nothing is under way any more, at three looks in a row. Everything must have been started again before.
 * @returns what was still under way when the time was over; null when all came to rest.
 */
export async function comeToRest(
  database: pg.Pool,
  pspLedger: string,
  withinMs: number,
  progress: (unrest: Unrest) => void,
): Promise<Unrest | null> {
  let calm = 0
  for (const until = performance.now() + withinMs; ; await sleep(500)) {
    const unrest = await countUnrest(database, pspLedger)
    calm = Object.values(unrest).every((count) => count === 0) ? calm + 1 : 0
    if (calm === looksInARow) return null
    if (performance.now() > until) return unrest
    progress(unrest)
  }
}
