import type { Ledger } from './database.ts'
import type { Movement } from './truth.ts'

/** A place in an account's movements: their order is that of time, and of writing within one millisecond. */
export type Place = { at: number; seq: number }

export type ListedMovement = Movement & { seq: number; session: string | null }

/**
 * A page of an account's movements with `from <= at < to`, after `after`. Index: movements_by_time. A row that is
 * written later is never before one that was read, so pages that are read while movements arrive are complete.
 */
export function listMovements(
  ledger: Ledger,
  account: string,
  window: { from: number; to: number; after: Place | null },
  limit: number,
): ListedMovement[] {
  const { from, to, after } = window
  return ledger.all(
    `SELECT m.seq, m.kind, m.id, m.account, m.payment, m.reference, m.own_reference, m.amount, m.currency, m.at, p.session
     FROM movements m JOIN payments p ON p.id = m.payment
     WHERE m.account = ?1 AND m.at >= ?2 AND m.at < ?3 AND (m.at, m.seq) > (?4, ?5)
     ORDER BY m.at, m.seq LIMIT ?6`,
    account,
    from,
    to,
    after?.at ?? from,
    after?.seq ?? 0,
    limit,
  )
}

/** The movement as the API lists it. */
export function presentMovement(row: ListedMovement) {
  return {
    object: 'movement' as const,
    kind: row.kind,
    id: row.id,
    reference: row.own_reference,
    payment: row.payment,
    payment_reference: row.reference,
    checkout_session: row.session,
    amount: { value: row.amount, currency: row.currency },
    at: new Date(row.at).toISOString(),
  }
}
