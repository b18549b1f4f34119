import { forgetOldKeys } from '@fincore/payment-service/store/forget'
import {
  claimKey,
  completeKey,
  findKeyOfObject,
  readClaim,
  releaseKey,
} from '@fincore/payment-service/store/idempotency'
import { lesson } from '../learn.ts'
import { tryLock } from '../locks.ts'
import { lockStrengths, visibleTo } from '../slot.ts'
import { insert, read, remove, update } from '../table.ts'
import type { IdempotencyKeyRecord } from '../tables/payments.ts'
import type { Transaction } from '../transaction.ts'
import { seenOf } from './attempts.ts'

const claim = { merchantId: '', key: '', fingerprint: Buffer.alloc(0) }
const slotOf = (tx: Transaction, merchantId: string, key: string) =>
  tx.tables.idempotency_keys.find(`${merchantId} ${key}`)
const keptMs = 90 * 86_400_000

/** A key as it is claimed. */
export function newKey(
  tx: Transaction,
  given: Pick<IdempotencyKeyRecord, 'merchant_id' | 'key' | 'fingerprint' | 'object_id' | 'locked_until'>,
): IdempotencyKeyRecord {
  const { merchant_id, key, fingerprint, object_id, locked_until } = given
  const unanswered = { response_status: null, response_body: null, created_at: tx.now }
  return { merchant_id, key, fingerprint, object_id, locked_until, ...unanswered }
}

export const idempotencyLessons = [
  lesson(
    'claimKey',
    (db) => claimKey(db, { ...claim, objectId: '', lockedUntil: new Date(0) }),
    function* (tx, [merchant_id, key, fingerprint, object_id, locked_until]: [string, string, Buffer, string, Date]) {
      const row = newKey(tx, { merchant_id, key, fingerprint, object_id, locked_until })
      return (yield* insert(tx, tx.tables.idempotency_keys, row, 'do nothing')) ? 1 : 0
    },
  ),
  lesson(
    'readClaim',
    (db) => readClaim(db, claim),
    (tx, [merchantId, key]: [string, string]) => {
      const row = read(tx, tx.tables.idempotency_keys, `${merchantId} ${key}`)
      if (row === null) return []
      const { fingerprint, object_id, response_status, response_body: body, locked_until } = row
      const running = response_status === null && locked_until > tx.now
      const response_body = body === null ? null : JSON.parse(body)
      return [{ fingerprint, object_id, running, response_status, response_body }]
    },
  ),
  lesson(
    'completeKey',
    (db) => completeKey(db, '', '', 200, null),
    function* (tx, [merchantId, key, response_status, response_body]: [string, string, number, string | null]) {
      const answer = { response_status, response_body, locked_until: tx.now }
      const changed = yield* update(tx, slotOf(tx, merchantId, key), (row) => ({ ...row, ...answer }))
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'releaseKey',
    (db) => releaseKey(db, '', ''),
    function* (tx, [merchantId, key]: [string, string]) {
      const changed = yield* update(
        tx,
        slotOf(tx, merchantId, key),
        (row) => ({ ...row, locked_until: tx.now }),
        (row) => row.response_status === null,
      )
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'findKeyOfObject',
    (db) => findKeyOfObject(db, '', ''),
    (tx, [merchantId, objectId]: [string, string]) => {
      const its = [
        ...seenOf(
          tx,
          tx.tables.idempotency_keys.byObject.find(objectId),
          (row) => row.merchant_id === merchantId && row.object_id === objectId,
        ),
      ]
      const first = its.sort((a, b) => a.created_at.getTime() - b.created_at.getTime())[0]
      return first === undefined ? [] : [{ key: first.key }]
    },
  ),
  lesson(
    'forgetOldKeys',
    (db) => forgetOldKeys(db),
    function* (tx, [limit]: [number]) {
      // `<`, and the queue is asked for `<=`; times are whole milliseconds here.
      const old = tx.tables.idempotency_keys.toForget.collect(
        tx.now.getTime() - keptMs - 1,
        limit,
        (slot) => visibleTo(tx, slot) !== null && tryLock(tx, slot, lockStrengths.update),
      )
      for (const slot of old) yield* remove(tx, slot)
      return old.length
    },
  ),
]
