import type { Queryable } from './pool.ts'

/** A call to a PSP whose outcome is not known. */
export type UnresolvedAttempt = {
  merchantId: string
  id: string
  kind: string
  state: 'sent' | 'unknown' | 'action_required'
  pspAccountId: string
  chargeId: string | null
  refundId: string | null
  paymentSessionId: string | null
  amount: bigint | null
  pspReference: string | null
  lookups: number
  sentAt: Date
  nextLookupAt: Date
  alertedAt: Date | null
}

/** The newest first. Index: attempts_to_look_up, which holds the unsettled ones alone. */
export async function listUnresolvedAttempts(
  db: Queryable,
  filter: { sentBefore: Date; merchantId: string | null },
  page: { before: string | null; limit: number },
): Promise<UnresolvedAttempt[]> {
  const { rows } = await db.query<UnresolvedAttempt>(
    `select merchant_id as "merchantId", id, kind, state, psp_account_id as "pspAccountId", charge_id as "chargeId", refund_id as "refundId",
       payment_session_id as "paymentSessionId", amount, psp_reference as "pspReference", lookups, sent_at as "sentAt",
       next_lookup_at as "nextLookupAt", alerted_at as "alertedAt"
     from attempts
     where next_lookup_at is not null and sent_at <= $1 and ($2::text is null or merchant_id = $2) and ($3::text is null or id < $3)
     order by id desc limit $4`,
    [filter.sentBefore, filter.merchantId, page.before, page.limit],
  )
  return rows
}
