import { listUnresolvedAttempts } from '@fincore/payment-service/store/unresolved-attempts'
import { lesson } from '../learn.ts'
import type { AttemptRecord } from '../tables/payments.ts'
import { seenOf } from './attempts.ts'

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
        .map(show)
    },
  ),
]

function show(row: AttemptRecord) {
  return {
    merchantId: row.merchant_id,
    id: row.id,
    kind: row.kind,
    state: row.state,
    pspAccountId: row.psp_account_id,
    chargeId: row.charge_id,
    refundId: row.refund_id,
    paymentSessionId: row.payment_session_id,
    amount: row.amount,
    pspReference: row.psp_reference,
    lookups: row.lookups,
    sentAt: row.sent_at,
    nextLookupAt: row.next_lookup_at,
    alertedAt: row.alerted_at,
  }
}
