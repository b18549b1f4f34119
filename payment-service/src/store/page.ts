import { idPrefixes, lowestDigitsAt } from '../ids.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Queryable } from './pool.ts'

/** A page of a list, as its caller asked for it: at most one of the two cursors is set. */
export type PageQuery = {
  limit: number
  startingAfter: string | null
  endingBefore: string | null
  /** Made then or later. */
  createdAfter: Date | null
  /** Made before then. */
  createdBefore: Date | null
}

export type PageSource = {
  /** Columns and table are the code's own text, never a caller's. */
  columns: string
  table: keyof typeof tables
  merchantId: string
  /** Columns that must have this value; an undefined one does not matter. */
  equal?: Readonly<Record<string, string | undefined>>
  query: PageQuery
}

/** The prefix of the ids of each table, and when a row was made, as its answer says it. */
const tables = {
  charges: { prefix: idPrefixes.charge, createdAt: 'created_at' },
  refunds: { prefix: idPrefixes.refund, createdAt: 'created_at' },
  disputes: { prefix: idPrefixes.dispute, createdAt: 'created_at' },
  payment_sessions: { prefix: idPrefixes.session, createdAt: 'created_at' },
  // The event's own text is the answer; the column has the database's clock.
  events: { prefix: idPrefixes.event, createdAt: `(body ->> 'created_at')::timestamptz` },
  webhook_endpoints: { prefix: idPrefixes.webhookEndpoint, createdAt: 'created_at' },
  // Its id is made of those of the event and the endpoint (deliveryIdOf).
  webhook_deliveries: { prefix: 'del', createdAt: 'created_at' },
  webhook_tries: { prefix: idPrefixes.webhookTry, createdAt: 'tried_at' },
} as const

/**
 * An id has the time at which it was made, which is not to the millisecond that of `created_at`: within this of it, an
 * object is looked at. The index on the id finds the range, and `created_at` decides at its ends.
 */
const slackMs = 60_000

/**
 * Reads a page of one merchant's rows, the newest first: ids sort by time, so the id is the cursor. `hasMore` says
 * whether rows follow in the direction that was asked for; one row more than the page is read to know it.
 * Refuses a cursor that is no object of this merchant's. Index: the primary key (merchant_id, id).
 */
export async function fetchPage<Row extends object>(
  db: Queryable,
  source: PageSource,
): Promise<{ rows: Row[]; hasMore: boolean } | Refusal> {
  const { limit, startingAfter, endingBefore } = source.query
  const cursor = startingAfter ?? endingBefore
  if (cursor !== null && !deletable.has(source.table)) {
    const { rowCount } = await db.query(`select from ${source.table} where merchant_id = $1 and id = $2`, [
      source.merchantId,
      cursor,
    ])
    if (rowCount === 0)
      return refuse('cursor_invalid', { param: startingAfter === null ? 'ending_before' : 'starting_after' })
  }
  const values: (string | number | Date)[] = [source.merchantId]
  const conditions = ['merchant_id = $1']
  const compare = (column: string, operator: '=' | '<' | '>' | '>=', value: string | Date) =>
    conditions.push(`${column} ${operator} $${values.push(value)}`)
  for (const [column, value] of Object.entries(source.equal ?? {})) if (value !== undefined) compare(column, '=', value)
  if (startingAfter !== null) compare('id', '<', startingAfter)
  if (endingBefore !== null) compare('id', '>', endingBefore)
  for (const [column, operator, value] of limitsOfTime(source.table, source.query)) compare(column, operator, value)
  const { rows } = await db.query<Row>(
    `select ${source.columns} from ${source.table} where ${conditions.join(' and ')}
     order by id ${endingBefore === null ? 'desc' : 'asc'} limit $${values.push(limit + 1)}`,
    values,
  )
  const page = rows.slice(0, limit)
  return { rows: endingBefore === null ? page : page.reverse(), hasMore: rows.length > limit }
}

/** What `createdAfter` and `createdBefore` of a query ask of a table's rows, each as column, operator and value. */
export function limitsOfTime(
  table: keyof typeof tables,
  { createdAfter, createdBefore }: Pick<PageQuery, 'createdAfter' | 'createdBefore'>,
): [column: string, operator: '<' | '>=', value: string | Date][] {
  const { prefix, createdAt } = tables[table]
  const lowestIdAt = (time: Date, slack: number) => `${prefix}_${lowestDigitsAt(new Date(time.getTime() + slack))}`
  const limits: ReturnType<typeof limitsOfTime> = []
  if (createdAfter !== null)
    limits.push(['id', '>=', lowestIdAt(createdAfter, -slackMs)], [createdAt, '>=', createdAfter])
  if (createdBefore !== null)
    limits.push(['id', '<', lowestIdAt(createdBefore, slackMs)], [createdAt, '<', createdBefore])
  return limits
}

/** Rows that can go while somebody pages through them: there a cursor need not exist any more. */
const deletable: ReadonlySet<PageSource['table']> = new Set([
  'webhook_endpoints',
  'webhook_deliveries',
  'webhook_tries',
])
