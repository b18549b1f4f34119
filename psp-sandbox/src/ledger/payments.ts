import type { CardBrand } from '../card-brands.ts'
import { type DeclineCode, declineMessages } from '../magic-cards.ts'
import type { Ledger } from './database.ts'

/** `late` is a payment whose bank has not answered yet; nobody outside sees it before it is approved. */
export type PaymentStatus =
  | 'late'
  | 'authorized'
  | 'captured'
  | 'action_required'
  | 'declined'
  | 'canceled'
  | 'abandoned'
  | 'expired'

export type CaptureMethod = 'automatic' | 'manual'

export type PaymentRow = {
  id: string
  account: string
  reference: string
  session: string | null
  status: PaymentStatus
  amount: number
  currency: string
  capture: CaptureMethod
  captured: number
  refunded: number
  refunds_pending: number
  decline_code: DeclineCode | null
  challenge_secret: string | null
  return_url: string | null
  description: string | null
  brand: CardBrand
  first6: string
  last4: string
  expiry_month: number
  expiry_year: number
  /** The name of the magic card, or null for a card without a meaning of its own. */
  outcome: string | null
  created: number
  updated: number
}

export function insertPayment(ledger: Ledger, row: PaymentRow): void {
  const names = Object.keys(row) as (keyof PaymentRow)[]
  ledger.run(
    `INSERT INTO payments (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ...names.map((name) => row[name]),
  )
}

export function findPayment(ledger: Ledger, id: string): PaymentRow | null {
  return ledger.get('SELECT * FROM payments WHERE id = ?', id)
}

/** A payment that the account may see; a late one is not there yet. */
export function findVisiblePayment(ledger: Ledger, account: string, id: string): PaymentRow | null {
  return ledger.get("SELECT * FROM payments WHERE id = ? AND account = ? AND status <> 'late'", id, account)
}

export function findPaymentByChallenge(ledger: Ledger, secret: string): PaymentRow | null {
  return ledger.get('SELECT * FROM payments WHERE challenge_secret = ?', secret)
}

/** The payments of a reference, oldest first, that were made at or before `visibleUntil`. */
export function listPaymentsByReference(
  ledger: Ledger,
  account: string,
  reference: string,
  visibleUntil: number,
): PaymentRow[] {
  return ledger.all(
    "SELECT * FROM payments WHERE account = ? AND reference = ? AND status <> 'late' AND created <= ? ORDER BY id",
    account,
    reference,
    visibleUntil,
  )
}

/** Every try at a checkout session, oldest first, late ones included. */
export function listPaymentsOfSession(ledger: Ledger, session: string): PaymentRow[] {
  return ledger.all('SELECT * FROM payments WHERE session = ? ORDER BY id', session)
}

/** Changes a payment's state and returns it as it now is. */
export function updatePayment(
  ledger: Ledger,
  id: string,
  change: Partial<Pick<PaymentRow, 'status' | 'captured' | 'refunded' | 'refunds_pending' | 'decline_code'>>,
  nowMs: number,
): PaymentRow {
  const names = Object.keys(change) as (keyof typeof change)[]
  const values = names.map((name) => change[name] ?? null)
  ledger.run(
    `UPDATE payments SET ${names.map((name) => `${name} = ?`).join(', ')}, updated = ? WHERE id = ?`,
    ...values,
    nowMs,
    id,
  )
  const row = findPayment(ledger, id)
  if (!row) throw new Error('a payment that was just changed is gone')
  return row
}

/** The payment as the API shows it. `pagesUrl` is the pages origin, where the challenge lives. */
export function presentPayment(row: PaymentRow, pagesUrl: string) {
  return {
    object: 'payment' as const,
    id: row.id,
    reference: row.reference,
    status: row.status,
    amount: { value: row.amount, currency: row.currency },
    capture: row.capture,
    captured: row.captured,
    refunded: row.refunded,
    refunds_pending: row.refunds_pending,
    checkout_session: row.session,
    description: row.description,
    decline: row.decline_code ? { code: row.decline_code, message: declineMessages[row.decline_code] } : null,
    action:
      row.status === 'action_required' && row.challenge_secret
        ? { type: 'redirect' as const, url: `${pagesUrl}/challenge/${row.challenge_secret}` }
        : null,
    card: {
      brand: row.brand,
      first6: row.first6,
      last4: row.last4,
      expiry_month: row.expiry_month,
      expiry_year: row.expiry_year,
    },
    created: new Date(row.created).toISOString(),
    updated: new Date(row.updated).toISOString(),
  }
}
