import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

export type Unrest = { attempts: number; charges: number; refunds: number; deliveries: number; inbox: number }

/** What is still under way in FinCore: an outcome that is not known, an event that is not delivered or not applied. */
export async function countUnrest(database: pg.Pool): Promise<Unrest> {
  const { rows } = await database.query<Record<keyof Unrest, string>>(`select
    (select count(*) from attempts where state in ('sent', 'unknown')) as attempts,
    (select count(*) from charges where status = 'processing' or pending_operation is not null) as charges,
    (select count(*) from refunds where status = 'pending') as refunds,
    (select count(*) from webhook_deliveries where state = 'pending') as deliveries,
    (select count(*) from psp_events where state = 'received') as inbox`)
  const [row] = rows
  if (row === undefined) throw new Error('The database counted nothing')
  return {
    attempts: Number(row.attempts),
    charges: Number(row.charges),
    refunds: Number(row.refunds),
    deliveries: Number(row.deliveries),
    inbox: Number(row.inbox),
  }
}

/**
 * Waits until nothing is under way any more, twice in a row. Everything must have been started again before.
 * @returns what was still under way when the time was over; null when all came to rest.
 */
export async function comeToRest(
  database: pg.Pool,
  withinMs: number,
  progress: (unrest: Unrest) => void,
): Promise<Unrest | null> {
  let calm = 0
  for (const until = performance.now() + withinMs; ; await sleep(500)) {
    const unrest = await countUnrest(database)
    calm = Object.values(unrest).every((count) => count === 0) ? calm + 1 : 0
    if (calm === 3) return null
    if (performance.now() > until) return unrest
    progress(unrest)
  }
}
