import type { CommittedTables } from './database/database.ts'

/**
 * When each job of the payment service next has something to find, so that rounds that would find nothing can be
 * skipped. It may say too early, and never too late.
 */
export function makeDue(tables: CommittedTables) {
  function earliest<Row>(rows: Iterable<Row>, timeOf: (row: Row) => Date | null): number {
    let first = Number.POSITIVE_INFINITY
    for (const row of rows) first = Math.min(first, timeOf(row)?.getTime() ?? first)
    return first
  }
  const dueOf: Readonly<Record<string, () => number>> = {
    resolver: () => earliest(tables.attempts, (row) => row.next_lookup_at),
    'session expiry': () =>
      earliest(tables.payment_sessions, (row) => (row.status === 'open' ? row.next_expiry_try_at : null)),
    inbox: () => earliest(tables.psp_events, (row) => row.next_try_at),
    outbox: () => earliest(tables.webhook_deliveries, (row) => row.next_try_at),
  }
  const known = new Map<string, number>()
  return {
    /** Something was written, perhaps. */
    touch: () => known.clear(),
    of(job: string): number {
      const found = known.get(job)
      if (found !== undefined) return found
      const look = dueOf[job]
      if (look === undefined) throw new Error(`Nobody knows when the job “${job}” has work: say it in due.ts`)
      const due = look()
      known.set(job, due)
      return due
    },
  }
}
