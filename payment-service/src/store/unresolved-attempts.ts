import type { AttemptState } from '../payments/attempt-states.ts'
import type { LookUp } from './look-ups.ts'
import type { Queryable } from './pool.ts'

/** A call to a PSP as an operator sees it, with all that helps to find out what became of it. */
export type ShownAttempt = {
  merchantId: string
  merchantName: string
  id: string
  kind: string
  state: AttemptState
  origin: 'merchant' | 'give_back'
  chargeId: string | null
  chargeStatus: string | null
  merchantReference: string | null
  refundId: string | null
  paymentSessionId: string | null
  amount: bigint | null
  currency: string | null
  pspAccountId: string
  psp: string
  pspAccountName: string
  pspAccountStatus: 'active' | 'disabled'
  pspReference: string | null
  /** What to search for in the PSP's dashboard: our reference of the movement there. */
  searchFor: string
  sentAt: Date
  inDoubtSince: Date | null
  lookups: number
  lookUpLog: LookUp[]
  nextLookupAt: Date | null
  /** The operator whose wish for a look-up is not fulfilled yet. */
  lookUpAskedBy: string | null
  expectedBy: Date | null
  alertedAt: Date | null
  settledAt: Date | null
  settledByHand: boolean
}

/** A try on the PSP's page, and the closing of that page, have the reference of what made the page. */
const shown = `select a.merchant_id as "merchantId", m.name as "merchantName", a.id, a.kind, a.state, a.origin, a.charge_id as "chargeId",
    c.status as "chargeStatus", coalesce(c.merchant_reference, s.merchant_reference) as "merchantReference", a.refund_id as "refundId",
    s.id as "paymentSessionId", a.amount, coalesce(c.currency, s.currency) as currency, a.psp_account_id as "pspAccountId", p.psp,
    p.name as "pspAccountName", p.status as "pspAccountStatus", a.psp_reference as "pspReference",
    coalesce(case when a.kind in ('authorize', 'expire_session') then (
      select made.id from attempts made where made.merchant_id = s.merchant_id and made.payment_session_id = s.id
        and made.kind = 'create_session' order by made.id desc limit 1) end, a.id) as "searchFor",
    a.sent_at as "sentAt", a.in_doubt_since as "inDoubtSince", a.lookups, coalesce(a.look_up_log, '[]') as "lookUpLog",
    a.next_lookup_at as "nextLookupAt", a.look_up_asked_by as "lookUpAskedBy", a.expected_by as "expectedBy", a.alerted_at as "alertedAt", a.settled_at as "settledAt", a.settled_by_hand as "settledByHand"
  from attempts a
  join merchants m on m.merchant_id = a.merchant_id
  join psp_accounts p on p.merchant_id = a.merchant_id and p.id = a.psp_account_id
  left join charges c on c.merchant_id = a.merchant_id and c.id = a.charge_id
  left join payment_sessions s on s.merchant_id = a.merchant_id and s.id = coalesce(a.payment_session_id, c.payment_session_id)`

/** The newest first. Index: attempts_to_look_up, which holds the unsettled ones alone; the others by primary key. */
export async function listUnresolvedAttempts(
  db: Queryable,
  filter: { sentBefore: Date; merchantId: string | null },
  page: { before: string | null; limit: number },
): Promise<ShownAttempt[]> {
  const { rows } = await db.query<ShownAttempt>(
    `${shown}
     where a.next_lookup_at is not null and a.sent_at <= $1 and ($2::text is null or a.merchant_id = $2) and ($3::text is null or a.id < $3)
     order by a.id desc limit $4`,
    [filter.sentBefore, filter.merchantId, page.before, page.limit],
  )
  return rows
}

/** Also one that has its outcome: what was asked when is of use afterwards too. Index: attempts_by_id. */
export async function findShownAttempt(db: Queryable, id: string): Promise<ShownAttempt | null> {
  const { rows } = await db.query<ShownAttempt>(`${shown} where a.id = $1`, [id])
  return rows[0] ?? null
}
