import type { PaymentSession } from '@fincore/api-contract/resources'
import type { Routing } from '../payments/route.ts'
import type { SessionStatus } from '../payments/session-states.ts'
import type { Queryable } from './pool.ts'

/** A row of `payment_sessions`. Money in minor units. */
export type SessionRow = {
  merchant_id: string
  id: string
  status: SessionStatus
  amount: bigint
  currency: string
  capture_method: 'automatic' | 'manual'
  psp_account_id: string
  /** Why it went where it went; null for a session of before 012_routing.sql. */
  routing: Routing | null
  psp_reference: string | null
  psp_url: string | null
  success_url: string
  cancel_url: string
  merchant_reference: string | null
  description: string | null
  metadata: Record<string, string>
  locale: string | null
  customer_email: string | null
  line_items: PaymentSession['line_items']
  late_payments: 'refund' | 'keep'
  link_used_at: Date | null
  browser_digest: Buffer | null
  /** Who opened the link last, as card_testing_blocks names an address; null for one that is not counted. */
  opened_from: string | null
  charge_id: string | null
  sequence: number
  expires_at: Date
  created_at: Date
  updated_at: Date
}

export const sessionColumns = `merchant_id, id, status, amount, currency, capture_method, psp_account_id, routing, psp_reference, psp_url, success_url,
  cancel_url, merchant_reference, description, metadata, locale, customer_email, line_items, late_payments, link_used_at,
  browser_digest, opened_from, charge_id, sequence, expires_at, created_at, updated_at`

/**
 * The session as the API shows it.
 *
 * @param url the shopper's link; shown only while the session is open.
 */
export function renderSession(row: SessionRow, url: string): PaymentSession {
  return {
    object: 'payment_session',
    id: row.id,
    url: row.status === 'open' ? url : null,
    status: row.status,
    amount: Number(row.amount),
    currency: row.currency,
    capture_method: row.capture_method,
    charge: row.charge_id,
    success_url: row.success_url,
    cancel_url: row.cancel_url,
    merchant_reference: row.merchant_reference,
    description: row.description,
    metadata: row.metadata,
    locale: row.locale,
    customer_email: row.customer_email,
    line_items: row.line_items,
    late_payments: row.late_payments,
    routing: row.routing,
    expires_at: row.expires_at.toISOString(),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export async function insertSession(tx: Queryable, row: SessionRow, linkDigest: Buffer): Promise<void> {
  await tx.query(
    `insert into payment_sessions (merchant_id, id, status, amount, currency, capture_method, psp_account_id, success_url, cancel_url,
       merchant_reference, description, metadata, locale, customer_email, line_items, late_payments, link_digest, expires_at,
       next_expiry_try_at, created_at, updated_at, routing)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, $19, $20, $21)`,
    [
      row.merchant_id,
      row.id,
      row.status,
      row.amount,
      row.currency,
      row.capture_method,
      row.psp_account_id,
      row.success_url,
      row.cancel_url,
      row.merchant_reference,
      row.description,
      row.metadata,
      row.locale,
      row.customer_email,
      JSON.stringify(row.line_items),
      row.late_payments,
      linkDigest,
      row.expires_at,
      row.created_at,
      row.updated_at,
      row.routing,
    ],
  )
}

/**
 * Moves a session that was never made to another PSP account: of the one before it is proven that it heard nothing.
 *
 * @returns false when the session ended meanwhile.
 */
export async function moveSession(tx: Queryable, row: SessionRow): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update payment_sessions set psp_account_id = $3, routing = $4, updated_at = $5
     where merchant_id = $1 and id = $2 and status = 'open' and psp_reference is null`,
    [row.merchant_id, row.id, row.psp_account_id, row.routing, row.updated_at],
  )
  return rowCount === 1
}

/** Index: the primary key. */
export async function findSession(db: Queryable, merchantId: string, id: string): Promise<SessionRow | null> {
  const { rows } = await db.query<SessionRow>(
    `select ${sessionColumns} from payment_sessions where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Reads a session and locks it. A session is locked before its charges, and a charge before its attempts. */
export async function lockSession(tx: Queryable, merchantId: string, id: string): Promise<SessionRow | null> {
  const { rows } = await tx.query<SessionRow>(
    `select ${sessionColumns} from payment_sessions where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** A session as the holder of its link sees it. */
export type LinkedSession = SessionRow & { merchant_name: string }

/** Index: payment_sessions_by_link. */
export async function findSessionByLink(db: Queryable, linkDigest: Buffer): Promise<LinkedSession | null> {
  const { rows } = await db.query<LinkedSession>(
    `select ${sessionColumns}, (select name from merchants where merchants.merchant_id = session.merchant_id) as merchant_name
     from payment_sessions session where link_digest = $1`,
    [linkDigest],
  )
  return rows[0] ?? null
}

/**
 * Uses the link up, in one statement: the first browser is bound to it, and the same browser may come again. False for
 * any other browser, and once the session has ended. Index: payment_sessions_by_link.
 */
export async function consumeLink(
  db: Queryable,
  linkDigest: Buffer,
  browserDigest: Buffer,
  now: Date,
  openedFrom: string | null,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update payment_sessions set link_used_at = coalesce(link_used_at, $3), browser_digest = $2, opened_from = $4
     where link_digest = $1 and status = 'open' and expires_at > $3 and (link_used_at is null or browser_digest = $2)`,
    [linkDigest, browserDigest, now, openedFrom],
  )
  return rowCount === 1
}

/** Keeps what the PSP answered about a session that it made; the first answer stands. */
export async function recordSessionAtPsp(
  tx: Queryable,
  merchantId: string,
  sessionId: string,
  atPsp: { pspReference: string; url: string },
): Promise<void> {
  await tx.query(
    `update payment_sessions set psp_reference = $3, psp_url = $4
     where merchant_id = $1 and id = $2 and psp_reference is null`,
    [merchantId, sessionId, atPsp.pspReference, atPsp.url],
  )
}

/** Ends a session that its PSP refused to make. */
export async function cancelUnmadeSession(tx: Queryable, merchantId: string, sessionId: string): Promise<void> {
  await tx.query(
    `update payment_sessions set status = 'canceled', updated_at = now()
     where merchant_id = $1 and id = $2 and status = 'open' and psp_reference is null`,
    [merchantId, sessionId],
  )
}

/** Writes back how a locked session ended. */
export async function updateSession(tx: Queryable, row: SessionRow): Promise<void> {
  await tx.query(
    'update payment_sessions set status = $3, charge_id = $4, sequence = $5, updated_at = $6 where merchant_id = $1 and id = $2',
    [row.merchant_id, row.id, row.status, row.charge_id, row.sequence, row.updated_at],
  )
}

/**
 * Takes open sessions whose time is over, and pushes their next try on, so that no other process takes them meanwhile.
 * Index: payment_sessions_to_expire.
 */
export async function claimSessionsToExpire(
  db: Queryable,
  now: Date,
  limit: number,
  leaseMs: number,
): Promise<SessionRow[]> {
  const { rows } = await db.query<SessionRow>(
    `update payment_sessions set next_expiry_try_at = $1::timestamptz + make_interval(secs => $3::float / 1000)
     where (merchant_id, id) in (
       select merchant_id, id from payment_sessions where status = 'open' and next_expiry_try_at <= $1
       order by next_expiry_try_at limit $2 for update skip locked)
     returning ${sessionColumns}`,
    [now, limit, leaseMs],
  )
  return rows
}

/** An open session's time is over now: its link is closed at once, and the expiry job closes it at the PSP. Primary key. */
export async function cutSessionShort(db: Queryable, merchantId: string, sessionId: string, now: Date): Promise<void> {
  await db.query(
    `update payment_sessions set expires_at = $3, next_expiry_try_at = $3, updated_at = $3
     where merchant_id = $1 and id = $2 and status = 'open' and expires_at > $3`,
    [merchantId, sessionId, now],
  )
}

/** Says when the expiry job looks at an open session next, whether or not its time is over by then. */
export async function setNextExpiryTry(
  db: Queryable,
  session: Pick<SessionRow, 'merchant_id' | 'id'>,
  at: Date,
): Promise<void> {
  await db.query(
    `update payment_sessions set next_expiry_try_at = $3 where merchant_id = $1 and id = $2 and status = 'open'`,
    [session.merchant_id, session.id, at],
  )
}
