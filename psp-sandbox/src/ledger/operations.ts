import type { Ledger } from './database.ts'

export type OperationKind = 'capture' | 'cancellation' | 'refund'

/** Why an operation on an approved payment failed. */
export const failureMessages = {
  capture_declined: 'The bank declined the capture. The authorization is still there.',
  refund_declined: 'The bank declined the refund. No money was given back.',
} as const

export type OperationRow = {
  id: string
  kind: OperationKind
  account: string
  payment: string
  payment_reference: string
  reference: string
  amount: number
  currency: string
  status: 'succeeded' | 'pending' | 'failed'
  failure_code: keyof typeof failureMessages | null
  created: number
}

export function insertOperation(ledger: Ledger, row: OperationRow): void {
  const names = Object.keys(row) as (keyof OperationRow)[]
  ledger.run(
    `INSERT INTO operations (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ...names.map((name) => row[name]),
  )
}

export function findOperation(ledger: Ledger, id: string): OperationRow | null {
  return ledger.get('SELECT * FROM operations WHERE id = ?', id)
}

export function markOperationSucceeded(ledger: Ledger, id: string): void {
  ledger.run("UPDATE operations SET status = 'succeeded' WHERE id = ?", id)
}

export function listOperationsByReference(
  ledger: Ledger,
  account: string,
  reference: string,
  visibleUntil: number,
): OperationRow[] {
  return ledger.all(
    'SELECT * FROM operations WHERE account = ? AND reference = ? AND created <= ? ORDER BY id',
    account,
    reference,
    visibleUntil,
  )
}

/** The operation as the API shows it. */
export function presentOperation(row: OperationRow) {
  return {
    object: row.kind,
    id: row.id,
    reference: row.reference,
    payment: row.payment,
    payment_reference: row.payment_reference,
    amount: { value: row.amount, currency: row.currency },
    status: row.status,
    failure: row.failure_code ? { code: row.failure_code, message: failureMessages[row.failure_code] } : null,
    created: new Date(row.created).toISOString(),
  }
}
