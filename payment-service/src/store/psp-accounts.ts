import type { Queryable } from './pool.ts'

/** A PSP account as operators see it: without its credentials. */
export type PspAccountRow = {
  merchantId: string
  id: string
  psp: string
  name: string
  config: Record<string, unknown>
  status: 'active' | 'disabled'
  createdAt: Date
}

const columns = 'merchant_id as "merchantId", id, psp, name, config, status, created_at as "createdAt"'

/** @param sealedCredentials the credentials' JSON, encrypted for this account's id. */
export async function insertPspAccount(
  db: Queryable,
  account: Pick<PspAccountRow, 'merchantId' | 'id' | 'psp' | 'name' | 'config'>,
  sealedCredentials: Buffer,
): Promise<PspAccountRow> {
  const { rows } = await db.query<PspAccountRow>(
    `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
    [account.merchantId, account.id, account.psp, account.name, account.config, sealedCredentials],
  )
  if (rows[0] === undefined) throw new Error('The inserted PSP account was not returned')
  return rows[0]
}

/** Null when there is no such account. */
export async function setPspAccountStatus(
  db: Queryable,
  merchantId: string,
  id: string,
  status: PspAccountRow['status'],
): Promise<PspAccountRow | null> {
  const { rows } = await db.query<PspAccountRow>(
    `update psp_accounts set status = $3 where merchant_id = $1 and id = $2 returning ${columns}`,
    [merchantId, id, status],
  )
  return rows[0] ?? null
}

/** The newest first. Primary key. */
export async function listPspAccounts(
  db: Queryable,
  merchantId: string,
  page: { before: string | null; limit: number },
): Promise<PspAccountRow[]> {
  const { rows } = await db.query<PspAccountRow>(
    `select ${columns} from psp_accounts where merchant_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
    [merchantId, page.before, page.limit],
  )
  return rows
}
