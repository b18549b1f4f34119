import { createHash } from 'node:crypto'
import { type Refusal, refuse } from '../refusal.ts'
import type { Queryable } from './pool.ts'

/** What came of claiming an idempotency key. */
export type Claim =
  /** It is ours: do the work. */
  | { kind: 'claimed' }
  /** The first request was answered so; a null body means the object's current state. */
  | { kind: 'replay'; objectId: string; status: number | null; body: unknown }
  | { kind: 'refused'; refusal: Refusal }

/**
 * The fingerprint of a request: what it was and what it said, in one spelling. Of a card it covers what may be shown
 * and never the security code, because the caller passes those facts in place of the card.
 */
export function fingerprintOf(operation: string, request: unknown): Buffer {
  return createHash('sha256').update(operation).update('\0').update(canonical(request)).digest()
}

/** JSON with its keys in order, so that the same request written in another order is the same request. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, child]) => child !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([name, child]) => `${JSON.stringify(name)}:${canonical(child)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/** Claims a key in the caller's transaction; a refusal of the work must roll the claim back with everything else. */
export async function claimKey(
  tx: Queryable,
  claim: { merchantId: string; key: string; fingerprint: Buffer; objectId: string; lockedUntil: Date },
): Promise<Claim> {
  const { rowCount } = await tx.query(
    `insert into idempotency_keys (merchant_id, key, fingerprint, object_id, locked_until) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [claim.merchantId, claim.key, claim.fingerprint, claim.objectId, claim.lockedUntil],
  )
  if (rowCount === 1) return { kind: 'claimed' }
  // Its claimer rolled back between our insert and this read: the caller comes again.
  return (await readClaim(tx, claim)) ?? { kind: 'refused', refusal: refuse('idempotency_key_in_use') }
}

/** What is known of a key that another request claimed; null when nobody has. Index: the primary key. */
export async function readClaim(
  db: Queryable,
  claim: { merchantId: string; key: string; fingerprint: Buffer },
): Promise<Exclude<Claim, { kind: 'claimed' }> | null> {
  const { rows } = await db.query<{
    fingerprint: Buffer
    object_id: string
    running: boolean
    response_status: number | null
    response_body: unknown
  }>(
    `select fingerprint, object_id, response_status is null and locked_until > now() as running, response_status, response_body
     from idempotency_keys where merchant_id = $1 and key = $2`,
    [claim.merchantId, claim.key],
  )
  const row = rows[0]
  if (row === undefined) return null
  if (!row.fingerprint.equals(claim.fingerprint)) return { kind: 'refused', refusal: refuse('idempotency_key_reused') }
  if (row.running) return { kind: 'refused', refusal: refuse('idempotency_key_in_use') }
  return { kind: 'replay', objectId: row.object_id, status: row.response_status, body: row.response_body }
}

/** Stores the answer for repeats; a null body means: the object's current state. */
export async function completeKey(
  tx: Queryable,
  merchantId: string,
  key: string,
  status: number,
  body: object | null,
): Promise<void> {
  await tx.query(
    'update idempotency_keys set response_status = $3, response_body = $4, locked_until = now() where merchant_id = $1 and key = $2',
    [merchantId, key, status, body === null ? null : JSON.stringify(body)],
  )
}

/** Ends the claim without an answer, so that a retry goes on at once where the first request stopped. */
export async function releaseKey(db: Queryable, merchantId: string, key: string): Promise<void> {
  await db.query(
    'update idempotency_keys set locked_until = now() where merchant_id = $1 and key = $2 and response_status is null',
    [merchantId, key],
  )
}

/** The key under which an object was made; index: idempotency_keys_by_object. */
export async function findKeyOfObject(db: Queryable, merchantId: string, objectId: string): Promise<string | null> {
  const { rows } = await db.query<{ key: string }>(
    'select key from idempotency_keys where merchant_id = $1 and object_id = $2 order by created_at limit 1',
    [merchantId, objectId],
  )
  return rows[0]?.key ?? null
}
