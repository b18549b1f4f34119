import type { Queryable } from './pool.ts'

export type ApiKeyRow = {
  merchantId: string
  id: string
  kind: 'secret' | 'publishable'
  /** The key's beginning and last four characters. */
  hint: string
  /** The whole key, of a publishable one only. */
  publishableKey: string | null
  scopes: string[]
  createdBy: string
  createdAt: Date
  revokedAt: Date | null
  /** When a rolled key ends by itself; null for one that was not rolled. */
  endsAt: Date | null
}

const columns = `merchant_id as "merchantId", id, kind, hint, publishable_key as "publishableKey", scopes, created_by as "createdBy",
  created_at as "createdAt", revoked_at as "revokedAt", ends_at as "endsAt"`

/** Whether a key is still good. A rolled one ends by the database’s clock. */
export const isKeyInForce = '(revoked_at is null and (ends_at is null or ends_at > now()))'

/** Stores a key by its digest; a secret key itself is stored nowhere. */
export async function insertApiKey(
  db: Queryable,
  key: Pick<ApiKeyRow, 'merchantId' | 'id' | 'kind' | 'hint' | 'publishableKey' | 'scopes' | 'createdBy'> & {
    digest: Buffer
  },
): Promise<ApiKeyRow> {
  const { rows } = await db.query<ApiKeyRow>(
    `insert into api_keys (merchant_id, id, kind, digest, hint, publishable_key, scopes, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${columns}`,
    [key.merchantId, key.id, key.kind, key.digest, key.hint, key.publishableKey, key.scopes, key.createdBy],
  )
  if (rows[0] === undefined) throw new Error('The inserted key was not returned')
  return rows[0]
}

/** Ends a key; one that was ended before keeps its time. Null when there is no such key. */
export async function revokeApiKey(db: Queryable, merchantId: string, id: string): Promise<ApiKeyRow | null> {
  const { rows } = await db.query<ApiKeyRow>(
    `update api_keys set revoked_at = coalesce(revoked_at, now()) where merchant_id = $1 and id = $2 returning ${columns}`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/**
 * Lets a key end by itself after an overlap. Primary key.
 *
 * @returns null when there is no such key, or it was revoked or rolled before.
 */
export async function setKeyEnd(
  db: Queryable,
  merchantId: string,
  id: string,
  overlapSeconds: number,
): Promise<ApiKeyRow | null> {
  const { rows } = await db.query<ApiKeyRow>(
    `update api_keys set ends_at = now() + make_interval(secs => $3)
     where merchant_id = $1 and id = $2 and revoked_at is null and ends_at is null returning ${columns}`,
    [merchantId, id, overlapSeconds],
  )
  return rows[0] ?? null
}

/** Primary key. */
export async function findApiKeyRow(db: Queryable, merchantId: string, id: string): Promise<ApiKeyRow | null> {
  const { rows } = await db.query<ApiKeyRow>(`select ${columns} from api_keys where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** The newest first. Primary key. */
export async function listApiKeys(
  db: Queryable,
  merchantId: string,
  page: { before: string | null; limit: number },
): Promise<ApiKeyRow[]> {
  const { rows } = await db.query<ApiKeyRow>(
    `select ${columns} from api_keys where merchant_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
    [merchantId, page.before, page.limit],
  )
  return rows
}
