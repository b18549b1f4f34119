import type { Queryable } from './pool.ts'

/** So many rows in one statement: short enough that it holds up nobody. */
const batchSize = 5_000
/** Bounds one round; what is left waits for the next. */
const maxBatches = 200

/**
 * Forgets idempotency keys after 90 days, which is how long the contract promises to know them.
 * Index: idempotency_keys_to_forget.
 *
 * @returns how many were forgotten.
 */
export function forgetOldKeys(db: Queryable): Promise<number> {
  return deleteInBatches(
    db,
    `delete from idempotency_keys where (merchant_id, key) in (
       select merchant_id, key from idempotency_keys where created_at < now() - interval '90 days'
       order by created_at limit $1 for update skip locked)`,
  )
}

/**
 * Forgets the tries of webhooks after 30 days, as the contract says. What became of each delivery stays.
 * Index: webhook_tries_to_forget.
 */
export function forgetOldTries(db: Queryable): Promise<number> {
  return deleteInBatches(
    db,
    // By their places, which PostgreSQL visits in one order: two processes that forget at once wait for each other only.
    `delete from webhook_tries where ctid = any (array(
       select ctid from webhook_tries where tried_at < now() - interval '30 days' order by tried_at limit $1))`,
  )
}

/**
 * Forgets notices a year after they were acknowledged; what nobody has acknowledged stays. Index: notices_to_forget.
 */
export function forgetOldNotices(db: Queryable): Promise<number> {
  return deleteInBatches(
    db,
    `delete from notices where ctid = any (array(
       select ctid from notices where acknowledged_at < now() - interval '1 year' order by acknowledged_at limit $1))`,
  )
}

/**
 * Forgets blocks of card testing a year after their end. Who lifted one, and why, stays in the audit log, and what
 * explained it in the merchant's event. Index: card_testing_blocks_to_forget.
 */
export function forgetOldBlocks(db: Queryable): Promise<number> {
  return deleteInBatches(
    db,
    `delete from card_testing_blocks where ctid = any (array(
       select ctid from card_testing_blocks where until < now() - interval '1 year' order by until limit $1))`,
  )
}

async function deleteInBatches(db: Queryable, text: string): Promise<number> {
  let deleted = 0
  for (let batch = 0; batch < maxBatches; batch++) {
    const { rowCount } = await db.query(text, [batchSize])
    deleted += rowCount ?? 0
    if ((rowCount ?? 0) < batchSize) break
  }
  return deleted
}
