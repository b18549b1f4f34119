import { type Refusal, refuse } from '../refusal.ts'
import type { Queryable } from './pool.ts'

/** A page of a list, as its caller asked for it: at most one of the two cursors is set. */
export type PageQuery = { limit: number; startingAfter: string | null; endingBefore: string | null }

export type PageSource = {
  /** Columns and table are the code's own text, never a caller's. */
  columns: string
  table:
    | 'charges'
    | 'refunds'
    | 'disputes'
    | 'payment_sessions'
    | 'webhook_endpoints'
    | 'webhook_deliveries'
    | 'webhook_tries'
  merchantId: string
  /** Columns that must have this value; an undefined one does not matter. */
  equal?: Readonly<Record<string, string | undefined>>
  query: PageQuery
}

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
  const values: (string | number)[] = [source.merchantId]
  const conditions = ['merchant_id = $1']
  const compare = (column: string, operator: '=' | '<' | '>', value: string) =>
    conditions.push(`${column} ${operator} $${values.push(value)}`)
  for (const [column, value] of Object.entries(source.equal ?? {})) if (value !== undefined) compare(column, '=', value)
  if (startingAfter !== null) compare('id', '<', startingAfter)
  if (endingBefore !== null) compare('id', '>', endingBefore)
  const { rows } = await db.query<Row>(
    `select ${source.columns} from ${source.table} where ${conditions.join(' and ')}
     order by id ${endingBefore === null ? 'desc' : 'asc'} limit $${values.push(limit + 1)}`,
    values,
  )
  const page = rows.slice(0, limit)
  return { rows: endingBefore === null ? page : page.reverse(), hasMore: rows.length > limit }
}

/** Rows that can go while somebody pages through them: there a cursor need not exist any more. */
const deletable: ReadonlySet<PageSource['table']> = new Set([
  'webhook_endpoints',
  'webhook_deliveries',
  'webhook_tries',
])
