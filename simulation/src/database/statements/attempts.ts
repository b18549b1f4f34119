import {
  type AttemptRow,
  claimAttemptsToLookUp,
  findAttempt,
  findAuthorizeAttempt,
  insertAttempt,
  lockAttempt,
  markAlerted,
  moveNextLookUp,
  pushNextLookUp,
  setAttemptState,
} from '@fincore/payment-service/store/attempts'
import { lesson } from '../learn.ts'
import { tryLock } from '../locks.ts'
import { lockStrengths, type Slot, visibleTo } from '../slot.ts'
import { insert, readLocked, update } from '../table.ts'
import type { AttemptRecord } from '../tables/payments.ts'
import type { Transaction } from '../transaction.ts'
import { answerOne, makePicker, maxOf } from './columns.ts'

const pick = makePicker<AttemptRecord, keyof AttemptRow>([
  'merchant_id',
  'id',
  'kind',
  'state',
  'psp_account_id',
  'charge_id',
  'refund_id',
  'payment_session_id',
  'amount',
  'origin',
  'psp_reference',
  'next_lookup_at',
  'lookups',
  'alerted_at',
  'sent_at',
])
const none = { merchant_id: '', id: '' }
const now = new Date(0)
const slotOf = (tx: Transaction, merchantId: string, id: string) => tx.tables.attempts.find(`${merchantId} ${id}`)

/** An attempt as both ways of inserting one leave it. */
export function newAttempt(
  given: Pick<
    AttemptRecord,
    'merchant_id' | 'id' | 'kind' | 'psp_account_id' | 'amount' | 'next_lookup_at' | 'sent_at'
  > &
    Partial<Pick<AttemptRecord, 'charge_id' | 'refund_id' | 'payment_session_id' | 'origin'>>,
): AttemptRecord {
  return {
    merchant_id: given.merchant_id,
    id: given.id,
    kind: given.kind,
    state: 'sent',
    psp_account_id: given.psp_account_id,
    charge_id: given.charge_id ?? null,
    refund_id: given.refund_id ?? null,
    payment_session_id: given.payment_session_id ?? null,
    amount: given.amount,
    origin: given.origin ?? 'merchant',
    psp_reference: null,
    next_lookup_at: given.next_lookup_at,
    lookups: 0,
    alerted_at: null,
    sent_at: given.sent_at,
    settled_at: null,
  }
}

/** The rows of these slots that the transaction sees and that match. */
export function* seenOf<Row extends object>(
  tx: Transaction,
  slots: Iterable<Slot<Row>>,
  matches: (row: Row) => boolean,
): Iterable<Row> {
  for (const slot of slots) {
    const row = visibleTo(tx, slot)
    if (row !== null && matches(row)) yield row
  }
}

export const attemptLessons = [
  lesson(
    'insertAttempt',
    (db) => insertAttempt(db, { ...none, kind: 'capture', psp_account_id: '', leaseUntil: now }),
    function* (tx, [merchant_id, id, kind, psp_account_id, ...more]: InsertValues) {
      const [charge_id, refund_id, payment_session_id, amount, origin, next_lookup_at] = more
      const about = { charge_id, refund_id, payment_session_id, origin }
      const row = { merchant_id, id, kind, psp_account_id, amount, next_lookup_at, sent_at: tx.now, ...about }
      yield* insert(tx, tx.tables.attempts, newAttempt(row))
      return 1
    },
  ),
  lesson(
    'findAttempt',
    (db) => findAttempt(db, ''),
    (tx, [id]: [string]) => [...seenOf(tx, tx.tables.attempts.byItsId.find(id), (row) => row.id === id)].map(pick),
  ),
  lesson(
    'lockAttempt',
    (db) => lockAttempt(db, '', ''),
    function* (tx, [merchantId, id]: [string, string]) {
      return answerOne(yield* readLocked(tx, tx.tables.attempts, `${merchantId} ${id}`), pick)
    },
  ),
  lesson(
    'findAuthorizeAttempt',
    (db) => findAuthorizeAttempt(db, '', ''),
    (tx, [merchantId, chargeId]: [string, string]) => {
      const isIts = (row: AttemptRecord) => row.merchant_id === merchantId && row.kind === 'authorize'
      const found = seenOf(tx, tx.tables.attempts.byCharge.find(chargeId), isIts)
      return answerOne(
        maxOf(found, (row) => row.id),
        pick,
      )
    },
  ),
  lesson(
    'setAttemptState',
    (db) => setAttemptState(db, none, { state: 'unknown', nextLookUpAt: now }),
    function* (tx, [merchantId, id, state, nextLookUpAt, reference]: SetStateValues) {
      const changed = yield* update(tx, slotOf(tx, merchantId, id), (row) => ({
        ...row,
        state,
        next_lookup_at: nextLookUpAt,
        psp_reference: reference ?? row.psp_reference,
        settled_at: nextLookUpAt === null ? tx.now : null,
      }))
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'claimAttemptsToLookUp',
    (db) => claimAttemptsToLookUp(db, now, 1, 1),
    function* (tx, [at, limit, leaseMs]: [Date, number, number]) {
      const { toLookUp } = tx.tables.attempts
      const next = new Date(at.getTime() + leaseMs)
      const isDue = (row: AttemptRecord | null) => row?.next_lookup_at != null && row.next_lookup_at <= at
      const due = toLookUp.collect(
        at.getTime(),
        limit,
        (slot) => isDue(visibleTo(tx, slot)) && tryLock(tx, slot, lockStrengths.update),
      )
      const claimed: object[] = []
      for (const slot of due) {
        const row = yield* update(tx, slot, (old) => ({ ...old, next_lookup_at: next, lookups: old.lookups + 1 }))
        if (row !== null) claimed.push(pick(row))
      }
      return claimed
    },
  ),
  lesson(
    'pushNextLookUp',
    (db) => pushNextLookUp(db, none, now),
    function* (tx, [merchantId, id, at]: [string, string, Date]) {
      const changed = yield* update(
        tx,
        slotOf(tx, merchantId, id),
        (row) => ({ ...row, next_lookup_at: at }),
        (row) => row.next_lookup_at !== null,
      )
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'moveNextLookUp',
    (db) =>
      moveNextLookUp(
        db,
        {
          ...newAttempt({
            ...none,
            kind: 'capture',
            psp_account_id: '',
            amount: 1n,
            next_lookup_at: now,
            sent_at: now,
          }),
        },
        now,
      ),
    function* (tx, [merchantId, id, at, claimedUntil]: [string, string, Date, Date | null]) {
      const changed = yield* update(
        tx,
        slotOf(tx, merchantId, id),
        (row) => ({ ...row, next_lookup_at: at }),
        (row) => row.next_lookup_at !== null && row.next_lookup_at.getTime() === claimedUntil?.getTime(),
      )
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'markAlerted',
    (db) => markAlerted(db, none),
    function* (tx, [merchantId, id]: [string, string]) {
      const changed = yield* update(
        tx,
        slotOf(tx, merchantId, id),
        (row) => ({ ...row, alerted_at: tx.now }),
        (row) => row.alerted_at === null && row.next_lookup_at !== null,
      )
      return changed === null ? 0 : 1
    },
  ),
]

type InsertValues = [
  merchantId: string,
  id: string,
  kind: AttemptRow['kind'],
  pspAccountId: string,
  chargeId: string | null,
  refundId: string | null,
  sessionId: string | null,
  amount: bigint | null,
  origin: AttemptRow['origin'],
  nextLookUpAt: Date,
]
type SetStateValues = [string, string, AttemptRow['state'], nextLookUpAt: Date | null, reference: string | null]
