import type { Ledger } from './database.ts'
import { type CaptureMethod, listPaymentsOfSession, presentPayment } from './payments.ts'

/** `amount` is a number of minor units in the session's currency. */
export type LineItem = { name: string; quantity: number; amount: number }

export type SessionRow = {
  id: string
  account: string
  reference: string
  secret: string
  status: 'open' | 'completed' | 'expired' | 'canceled'
  amount: number
  currency: string
  capture: CaptureMethod
  return_url: string
  cancel_url: string
  locale: string | null
  description: string | null
  customer_email: string | null
  /** JSON of `LineItem[]`. */
  line_items: string
  expires_at: number
  created: number
}

export function insertSession(ledger: Ledger, row: SessionRow): void {
  const names = Object.keys(row) as (keyof SessionRow)[]
  ledger.run(
    `INSERT INTO checkout_sessions (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ...names.map((name) => row[name]),
  )
}

export function findSession(ledger: Ledger, id: string): SessionRow | null {
  return ledger.get('SELECT * FROM checkout_sessions WHERE id = ?', id)
}

export function findSessionBySecret(ledger: Ledger, secret: string): SessionRow | null {
  return ledger.get('SELECT * FROM checkout_sessions WHERE secret = ?', secret)
}

export function setSessionStatus(ledger: Ledger, id: string, status: SessionRow['status']): SessionRow {
  ledger.run('UPDATE checkout_sessions SET status = ? WHERE id = ?', status, id)
  const row = findSession(ledger, id)
  if (!row) throw new Error('a checkout session that was just changed is gone')
  return row
}

export function listSessionsByReference(
  ledger: Ledger,
  account: string,
  reference: string,
  visibleUntil: number,
): SessionRow[] {
  return ledger.all(
    'SELECT * FROM checkout_sessions WHERE account = ? AND reference = ? AND created <= ? ORDER BY id',
    account,
    reference,
    visibleUntil,
  )
}

/** The session as the API shows it. A late success is shown as `payment` although the session stays `expired`. */
export function presentSession(ledger: Ledger, row: SessionRow, pagesUrl: string) {
  const tries = listPaymentsOfSession(ledger, row.id).filter(({ status }) => status !== 'late')
  const success = tries.find(({ status }) => status === 'authorized' || status === 'captured' || status === 'canceled')
  return {
    object: 'checkout_session' as const,
    id: row.id,
    reference: row.reference,
    url: `${pagesUrl}/checkout/${row.secret}`,
    status: row.status,
    payment: success ? presentPayment(success, pagesUrl) : null,
    payments: tries.map((payment) => presentPayment(payment, pagesUrl)),
    amount: { value: row.amount, currency: row.currency },
    expires_at: new Date(row.expires_at).toISOString(),
    created: new Date(row.created).toISOString(),
  }
}
