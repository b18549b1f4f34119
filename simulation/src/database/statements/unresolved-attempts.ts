import {
  findShownAttempt,
  listUnresolvedAttempts,
  type ShownAttempt,
} from '@fincore/payment-service/store/unresolved-attempts'
import { lesson } from '../learn.ts'
import { read } from '../table.ts'
import type { AttemptRecord } from '../tables/payments.ts'
import type { Transaction } from '../transaction.ts'
import { seenOf } from './attempts.ts'
import { maxOf } from './columns.ts'

export const unresolvedAttemptLessons = [
  lesson(
    'listUnresolvedAttempts',
    (db) => listUnresolvedAttempts(db, { sentBefore: new Date(0), merchantId: null }, { before: null, limit: 1 }),
    (tx, [sentBefore, merchantId, before, limit]: [Date, string | null, string | null, number]) => {
      const isWanted = (row: AttemptRecord) =>
        row.next_lookup_at !== null &&
        row.sent_at <= sentBefore &&
        (merchantId === null || row.merchant_id === merchantId) &&
        (before === null || row.id < before)
      const found = [...seenOf(tx, tx.tables.attempts.toLookUp.waiting(), isWanted)]
      return found
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit)
        .map((row) => show(tx, row))
    },
  ),
  lesson(
    'findShownAttempt',
    (db) => findShownAttempt(db, ''),
    (tx, [id]: [string]) =>
      [...seenOf(tx, tx.tables.attempts.byItsId.find(id), (row) => row.id === id)].map((row) => show(tx, row)),
  ),
]

/** An attempt with what its merchant, PSP account, charge and session say of it. */
function show(tx: Transaction, row: AttemptRecord): ShownAttempt {
  const { merchants, psp_accounts, charges, payment_sessions } = tx.tables
  const merchant = read(tx, merchants, row.merchant_id)
  const account = read(tx, psp_accounts, `${row.merchant_id} ${row.psp_account_id}`)
  if (merchant === null || account === null) throw new Error('An attempt without the rows that it refers to')
  const charge = row.charge_id === null ? null : read(tx, charges, `${row.merchant_id} ${row.charge_id}`)
  const sessionId = row.payment_session_id ?? charge?.payment_session_id ?? null
  const session = sessionId === null ? null : read(tx, payment_sessions, `${row.merchant_id} ${sessionId}`)
  return {
    merchantId: row.merchant_id,
    merchantName: merchant.name,
    id: row.id,
    kind: row.kind,
    state: row.state,
    origin: row.origin,
    chargeId: row.charge_id,
    chargeStatus: charge?.status ?? null,
    merchantReference: charge?.merchant_reference ?? session?.merchant_reference ?? null,
    refundId: row.refund_id,
    paymentSessionId: session?.id ?? null,
    amount: row.amount,
    currency: charge?.currency ?? session?.currency ?? null,
    pspAccountId: row.psp_account_id,
    psp: account.psp,
    pspAccountName: account.name,
    pspAccountStatus: account.status,
    pspReference: row.psp_reference,
    searchFor: findMaker(tx, row, session?.id ?? null) ?? row.id,
    sentAt: row.sent_at,
    inDoubtSince: row.in_doubt_since,
    lookups: row.lookups,
    lookUpLog: row.look_up_log ?? [],
    nextLookupAt: row.next_lookup_at,
    lookUpAskedBy: row.look_up_asked_by,
    expectedBy: row.expected_by,
    alertedAt: row.alerted_at,
    settledAt: row.settled_at,
    settledByHand: row.settled_by_hand,
  }
}

/** What made the PSP's page on which a try was made, or that is closed. */
function findMaker(tx: Transaction, row: AttemptRecord, sessionId: string | null): string | null {
  if (sessionId === null || (row.kind !== 'authorize' && row.kind !== 'expire_session')) return null
  const isIts = (one: AttemptRecord) => one.merchant_id === row.merchant_id && one.kind === 'create_session'
  return maxOf(seenOf(tx, tx.tables.attempts.bySession.find(sessionId), isIts), (one) => one.id)?.id ?? null
}
