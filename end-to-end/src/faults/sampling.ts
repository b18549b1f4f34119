import type pg from 'pg'

const everyMs = 500

/** Looks again and again whether the books balance at that very moment, while the load and the faults go on. */
export function startSampling(database: pg.Pool): { found: readonly string[]; count(): number; stop(): Promise<void> } {
  const found: string[] = []
  let taken = 0
  let isStopped = false
  const look = async (): Promise<void> => {
    // One statement, so one snapshot: rows of two tables are compared as they were at one moment.
    const { rows } = await database.query<{ id: string; what: string }>(`
      select charges.id, format('amount %s, captured %s, refunded %s of %s, pending %s of %s', charges.amount, captured,
          refunded, coalesce(succeeded, 0), refunds_pending, coalesce(pending, 0)) as what
      from charges left join (
        select charge_id, sum(amount) filter (where status = 'succeeded') as succeeded,
          sum(amount) filter (where status = 'pending') as pending
        from refunds group by charge_id) made on made.charge_id = charges.id
      where refunded + refunds_pending > captured or captured > charges.amount or refunded < 0 or refunds_pending < 0
        or refunded <> coalesce(succeeded, 0) or refunds_pending <> coalesce(pending, 0)
      limit 10`)
    taken++
    for (const { id, what } of rows) found.push(`${id} ${what}`)
  }
  const running = (async () => {
    while (!isStopped) {
      // While PostgreSQL is away there is nothing to look at.
      await look().catch(() => {})
      await new Promise((next) => setTimeout(next, everyMs))
    }
  })()
  return {
    found,
    count: () => taken,
    async stop() {
      isStopped = true
      await running
    },
  }
}
