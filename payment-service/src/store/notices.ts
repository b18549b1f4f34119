import { newId } from '../ids.ts'
import type { NewNotice, NoticeKind } from '../notices/notice-texts.ts'
import type { Queryable, Transaction } from './pool.ts'

/** What operators should know of a merchant. */
export type Notice = {
  id: string
  merchantId: string
  kind: NoticeKind
  objectId: string
  subject: string
  body: string
  createdAt: Date
  acknowledgedBy: string | null
  acknowledgedAt: Date | null
}

const columns = `id, merchant_id as "merchantId", kind, object_id as "objectId", subject, body, created_at as "createdAt",
  acknowledged_by as "acknowledgedBy", acknowledged_at as "acknowledgedAt"`

/** Inserts a notice in the transaction of what it tells. */
export async function insertNotice(
  tx: Transaction,
  merchantId: string,
  objectId: string,
  { kind, subject, body }: NewNotice,
): Promise<void> {
  await tx.query(
    'insert into notices (merchant_id, id, kind, object_id, subject, body) values ($1, $2, $3, $4, $5, $6)',
    [merchantId, newId('notice'), kind, objectId, subject, body],
  )
}

/** Of all merchants, the newest first. Indexes: notices_open, notices_by_id; of one merchant, the primary key. */
export async function listNotices(
  db: Queryable,
  filter: { state: 'open' | 'acknowledged' | null; merchantId: string | null },
  page: { before: string | null; limit: number },
): Promise<Notice[]> {
  const { rows } = await db.query<Notice>(
    `select ${columns} from notices
     where ($1::text is null or (acknowledged_at is null) = ($1 = 'open')) and ($2::text is null or merchant_id = $2)
       and ($3::text is null or id < $3)
     order by id desc limit $4`,
    [filter.state, filter.merchantId, page.before, page.limit],
  )
  return rows
}

/**
 * Marks a notice as seen; who saw it first stays. Null when there is none with this id. Index: notices_by_id.
 */
export async function acknowledgeNotice(tx: Transaction, id: string, operator: string): Promise<Notice | null> {
  const { rows } = await tx.query<Notice>(
    `update notices set acknowledged_by = coalesce(acknowledged_by, $2), acknowledged_at = coalesce(acknowledged_at, now())
     where id = $1 returning ${columns}`,
    [id, operator],
  )
  return rows[0] ?? null
}
