import {
  type AttemptRow,
  askForLookUp,
  claimAttemptsToLookUp,
  findAttempt,
  findAuthorizeAttempt,
  findOperationByReference,
  insertAttempt,
  lockAttempt,
  markAlerted,
  markSettledByHand,
  moveNextLookUp,
  pushNextLookUp,
  rejectIfNotRestarted,
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
  'in_doubt_since',
  'look_up_asked_by',
  'expected_by',
  'settled_by_hand',
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
    in_doubt_since: null,
    look_up_log: null,
    look_up_asked_by: null,
    expected_by: null,
    settled_by_hand: false,
  }
}

const anyAttempt = newAttempt({
  ...none,
  kind: 'capture',
  psp_account_id: '',
  amount: 1n,
  next_lookup_at: now,
  sent_at: now,
})

const earlier = (at: Date | null, ms: number) => (at === null ? null : new Date(at.getTime() - ms))

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
    function* (tx, [merchantId, id, state, nextLookUpAt, reference, expectedBy]: SetStateValues) {
      const changed = yield* update(tx, slotOf(tx, merchantId, id), (row) => ({
        ...row,
        state,
        next_lookup_at: nextLookUpAt,
        psp_reference: reference ?? row.psp_reference,
        expected_by: expectedBy ?? row.expected_by,
        settled_at: nextLookUpAt === null ? tx.now : null,
      }))
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'findOperationByReference',
    (db) => findOperationByReference(db, '', ''),
    (tx, [accountId, reference]: [string, string]) => {
      const isIts = (row: AttemptRecord) => row.psp_account_id === accountId && row.psp_reference === reference
      return [...seenOf(tx, tx.tables.attempts.byOperationReference.find(reference), isIts)].slice(0, 1).map(pick)
    },
  ),
  lesson(
    'claimAttemptsToLookUp',
    (db) => claimAttemptsToLookUp(db, now, 1, 1),
    function* (tx, [at, limit, leaseMs, firstLookUpMs, busyAccounts]: [Date, number, number, number, string[]]) {
      const { toLookUp } = tx.tables.attempts
      const next = new Date(at.getTime() + leaseMs)
      const isDue = (row: AttemptRecord | null) =>
        row?.next_lookup_at != null && row.next_lookup_at <= at && !busyAccounts.includes(row.psp_account_id)
      const due = toLookUp.collect(
        at.getTime(),
        limit,
        (slot) => isDue(visibleTo(tx, slot)) && tryLock(tx, slot, lockStrengths.update),
      )
      const claimed: object[] = []
      for (const slot of due) {
        const row = yield* update(tx, slot, (old) => ({
          ...old,
          next_lookup_at: next,
          in_doubt_since:
            old.in_doubt_since ?? (old.state === 'action_required' ? null : earlier(old.next_lookup_at, firstLookUpMs)),
        }))
        if (row !== null) claimed.push(pick(row))
      }
      return claimed
    },
  ),
  lesson(
    'askForLookUp',
    (db) => askForLookUp(db, none, '', now),
    function* (tx, [merchantId, id, operator, at]: [string, string, string, Date]) {
      const changed = yield* update(
        tx,
        slotOf(tx, merchantId, id),
        (row) => ({ ...row, next_lookup_at: at, look_up_asked_by: operator }),
        (row) => row.next_lookup_at !== null,
      )
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'markSettledByHand',
    (db) => markSettledByHand(db, none),
    function* (tx, [merchantId, id]: [string, string]) {
      const changed = yield* update(tx, slotOf(tx, merchantId, id), (row) => ({ ...row, settled_by_hand: true }))
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'rejectIfNotRestarted',
    (db) => rejectIfNotRestarted(db, anyAttempt),
    function* (tx, [merchantId, id, sentAt]: [string, string, Date]) {
      const changed = yield* update(
        tx,
        slotOf(tx, merchantId, id),
        (row) => ({ ...row, state: 'rejected' as const, next_lookup_at: null, settled_at: tx.now }),
        (row) => row.next_lookup_at !== null && row.sent_at.getTime() === sentAt.getTime(),
      )
      return changed === null ? 0 : 1
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
    (db) => moveNextLookUp(db, anyAttempt, now),
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
    (db) => markAlerted(db, now, now, 1),
    function* (tx, [before, at, limit]: [Date, Date, number]) {
      const isOld = (row: AttemptRecord | null) =>
        row?.in_doubt_since != null &&
        row.in_doubt_since <= before &&
        row.alerted_at === null &&
        row.next_lookup_at !== null &&
        row.state !== 'action_required' &&
        (row.expected_by === null || row.expected_by <= at)
      const old = tx.tables.attempts.toAlert.collect(
        before.getTime(),
        limit,
        (slot) => isOld(visibleTo(tx, slot)) && tryLock(tx, slot, lockStrengths.update),
      )
      const alerted: object[] = []
      for (const slot of old) {
        const row = yield* update(tx, slot, (one) => ({ ...one, alerted_at: tx.now }))
        if (row !== null) alerted.push({ merchant_id: row.merchant_id, id: row.id, lookups: row.lookups })
      }
      return alerted
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
type SetStateValues = [
  string,
  string,
  AttemptRow['state'],
  nextLookUpAt: Date | null,
  reference: string | null,
  expectedBy: Date | null,
]
