import { createHash } from 'node:crypto'

/** A record exactly as it is sealed: every field as text that the database gives the same way for ever. */
export type SealedRecord = {
  id: string
  at: string
  actorType: string
  actor: string
  type: string
  outcome: string
  origin: string
  merchantId: string | null
  resource: string | null
  details: string
}
export type Seal = { number: bigint; previousHash: Buffer; hash: Buffer; sealedAt: string }

/** A time in UTC with its microseconds, independent of the session's settings. */
export const timeAsText = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** jsonb gives its fields in an order of its own, always the same, so its text is canonical. */
export const recordColumns = `r.id::text, ${timeAsText('r.at')} as at, r.actor_type as "actorType", r.actor, r.type, r.outcome, r.origin,
  r.merchant_id as "merchantId", r.resource, r.details::text as details`

/** What a seal covers at most; so what is read of a log at once is bounded. */
export const maxRecordsPerSeal = 1_000

/** Before the first seal there is none: its predecessor's hash is 32 zero bytes. */
export const noHash = Buffer.alloc(32)

/**
 * The hash of a seal: SHA-256 over the hash before it, its number, its time, and its records in the order of their ids.
 * Each line is JSON of one list, so that no text can pass for the end of its field.
 */
export function hashSeal(seal: Omit<Seal, 'hash'>, records: readonly SealedRecord[]): Buffer {
  const hash = createHash('sha256').update(seal.previousHash)
  hash.update(`${JSON.stringify([String(seal.number), seal.sealedAt, records.length])}\n`)
  for (const r of records) {
    const fields = [r.id, r.at, r.actorType, r.actor, r.type, r.outcome, r.origin, r.merchantId, r.resource, r.details]
    hash.update(`${JSON.stringify(fields)}\n`)
  }
  return hash.digest()
}
