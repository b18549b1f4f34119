import type { Queryable } from './pool.ts'

export type Merchant = { id: string; name: string; createdAt: Date }

const columns = 'merchant_id as id, name, created_at as "createdAt"'

export async function insertMerchant(db: Queryable, id: string, name: string): Promise<Merchant> {
  const { rows } = await db.query<Merchant>(
    `insert into merchants (merchant_id, name) values ($1, $2) returning ${columns}`,
    [id, name],
  )
  if (rows[0] === undefined) throw new Error('The inserted merchant was not returned')
  return rows[0]
}

export async function findMerchant(db: Queryable, id: string): Promise<Merchant | null> {
  const { rows } = await db.query<Merchant>(`select ${columns} from merchants where merchant_id = $1`, [id])
  return rows[0] ?? null
}

/** The newest first. Primary key. */
export async function listMerchants(
  db: Queryable,
  page: { before: string | null; limit: number },
): Promise<Merchant[]> {
  const { rows } = await db.query<Merchant>(
    `select ${columns} from merchants where $1::text is null or merchant_id < $1 order by merchant_id desc limit $2`,
    [page.before, page.limit],
  )
  return rows
}
