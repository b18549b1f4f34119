import type pg from 'pg'

const everyMs = 500

/**
 * PostgreSQL was away, full or starting: SQLSTATE classes 08 (connection), 53 (resources), 57 (ended by the server) and
 * 58 (its file system), the network's own codes, and what pg says without a code when a connection breaks under it.
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return (
    /^(08|53|57|58)[0-9A-Z]{3}$/.test(code) ||
    /^(ECONN[A-Z]+|EPIPE|ETIMEDOUT)$/.test(code) ||
    (code === '' &&
      /^(Connection terminated|Query read timeout|timeout expired|Client has encountered a connection error)/.test(
        error.message,
      ))
  )
}

export type Sampling = {
  /** What did not balance. */
  found: readonly string[]
  /** Why it could not look, although PostgreSQL was there: each reason once. */
  failures: ReadonlySet<string>
  count(): number
  stop(): Promise<void>
}

/**
 * Looks again and again whether the books balance at that very moment, while the load and the faults go on.
 * @param patienceMs so long it waits for an answer: a server that has vanished with its machine gives none.
 */
export function startSampling(database: pg.Pool, patienceMs = 5_000): Sampling {
  const found: string[] = []
  const failures = new Set<string>()
  let taken = 0
  let isStopped = false
  const look = async (): Promise<void> => {
    // One statement, so one snapshot: rows of two tables are compared as they were at one moment.
    // pg takes a limit with each query; its types do not say so.
    const books: pg.QueryConfig & { query_timeout: number } = {
      query_timeout: patienceMs,
      text: `
      select charges.id, format('amount %s, captured %s, refunded %s of %s, pending %s of %s', charges.amount, captured,
          refunded, coalesce(succeeded, 0), refunds_pending, coalesce(pending, 0)) as what
      from charges left join (
        select charge_id, sum(amount) filter (where status = 'succeeded') as succeeded,
          sum(amount) filter (where status = 'pending') as pending
        from refunds group by charge_id) made on made.charge_id = charges.id
      where refunded + refunds_pending > captured or captured > charges.amount or refunded < 0 or refunds_pending < 0
        or refunded <> coalesce(succeeded, 0) or refunds_pending <> coalesce(pending, 0)
      limit 10`,
    }
    const { rows } = await database.query<{ id: string; what: string }>(books)
    taken++
    for (const { id, what } of rows) found.push(`${id} ${what}`)
  }
  const running = (async () => {
    while (!isStopped) {
      // While PostgreSQL is away there is nothing to look at.
      await look().catch((error: unknown) => {
        if (!isAway(error)) failures.add(String(error))
      })
      await new Promise((next) => setTimeout(next, everyMs))
    }
  })()
  return {
    found,
    failures,
    count: () => taken,
    async stop() {
      isStopped = true
      await running
    },
  }
}
