import type { Ledger } from './database.ts'

/**
 * What the bank really did. Written in the transaction of the change itself, and never changed after.
 * `reference` is the payment's; `own_reference` is that of the capture, cancellation or refund, and equals
 * `reference` for an authorization and for an automatic capture.
 */
export type Movement = {
  kind: 'authorization' | 'capture' | 'cancellation' | 'refund'
  id: string
  account: string
  payment: string
  reference: string
  own_reference: string
  amount: number
  currency: string
  at: number
}

export function recordMovement(ledger: Ledger, movement: Movement): void {
  const names = Object.keys(movement) as (keyof Movement)[]
  ledger.run(
    `INSERT INTO movements (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ...names.map((name) => movement[name]),
  )
}

/** Counts an authorize call that was received, whether or not it acts. */
export function countAuthorizeCall(ledger: Ledger, account: string, reference: string): void {
  ledger.run(
    `INSERT INTO authorize_calls (account, reference, calls) VALUES (?, ?, 1)
     ON CONFLICT (account, reference) DO UPDATE SET calls = calls + 1`,
    account,
    reference,
  )
}

/** The ledger of one reference or, with null, of everything; of one account or, with null, of all. */
export function readTruth(ledger: Ledger, account: string | null, reference: string | null) {
  const movements = ledger.all<Movement>(
    `SELECT kind, id, account, payment, reference, own_reference, amount, currency, at FROM movements
     WHERE (?1 IS NULL OR reference = ?1 OR own_reference = ?1) AND (?2 IS NULL OR account = ?2) ORDER BY seq`,
    reference,
    account,
  )
  const calls = ledger.get<{ count: number | null }>(
    'SELECT sum(calls) AS count FROM authorize_calls WHERE (?1 IS NULL OR reference = ?1) AND (?2 IS NULL OR account = ?2)',
    reference,
    account,
  )
  const declined = ledger.get<{ count: number }>(
    `SELECT count(*) AS count FROM payments
     WHERE status = 'declined' AND (?1 IS NULL OR reference = ?1) AND (?2 IS NULL OR account = ?2)`,
    reference,
    account,
  )
  return {
    reference,
    movements: movements.map(({ account: _account, at, ...movement }) => ({
      ...movement,
      at: new Date(at).toISOString(),
    })),
    calls: calls?.count ?? 0,
    declined: declined?.count ?? 0,
  }
}
