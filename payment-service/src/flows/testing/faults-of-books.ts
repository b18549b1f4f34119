import type { BookedCharge, Books } from './books.ts'

/** What a merchant's request was answered. */
export type Told = { status: number; body: object }

const finalStatuses = new Set(['captured', 'failed', 'canceled', 'succeeded', 'completed', 'expired'])

/**
 * What is wrong with a merchant's money, by the rules that must hold always; empty when nothing is.
 *
 * - I3 an answer that said *done* is durable
 * - I4 no final state reverses
 * - I5 refunded + pending ≤ captured ≤ amount, and the sums are those of the refunds
 * - I6 every change has its event, sequences have no gap, and every event has its delivery
 */
export function findFaultsOfBooks(books: Books, told: Told[] = []): string[] {
  return [
    ...told.flatMap((answer) => faultsOfAnswer(books, answer)),
    ...faultsOfFinality(books),
    ...books.charges.flatMap((charge) => faultsOfSums(books, charge)),
    ...faultsOfEvents(books),
  ]
}

function faultsOfAnswer(books: Books, { status, body }: Told): string[] {
  const said = body as { id?: string; status?: string; amount_captured?: number }
  if (status >= 300 || said.status === undefined || !finalStatuses.has(said.status)) return []
  const row = [...books.charges, ...books.refunds, ...books.sessions].find(({ id }) => id === said.id)
  const captured = row !== undefined && 'captured' in row ? row.captured : undefined
  const stands = row?.status === said.status && (said.amount_captured ?? captured) === captured
  return stands ? [] : [`I3: ${said.id} was answered as ${said.status}, and is ${row?.status}`]
}

function faultsOfFinality(books: Books): string[] {
  const faults: string[] = []
  for (const [id, events] of Map.groupBy(books.events, (event) => event.object_id)) {
    let final: string | null = null
    for (const { object, sequence } of events) {
      if (final !== null && object.status !== final)
        faults.push(`I4: ${id} went from ${final} to ${object.status} (${sequence})`)
      if (finalStatuses.has(object.status)) final = object.status
    }
  }
  return faults
}

function faultsOfSums(books: Books, charge: BookedCharge): string[] {
  const refunds = books.refunds.filter((refund) => refund.charge_id === charge.id)
  const sum = (status: string) => total(refunds.filter((one) => one.status === status).map((one) => one.amount))
  const faults: string[] = []
  const { id, amount, captured, refunded, refunds_pending } = charge
  if (refunded + refunds_pending > captured || captured > amount)
    faults.push(`I5: ${id}: ${refunded} + ${refunds_pending} refunded, ${captured} captured, of ${amount}`)
  if (refunded !== sum('succeeded') || refunds_pending !== sum('pending'))
    faults.push(`I5: ${id} says ${refunded} + ${refunds_pending}, its refunds ${sum('succeeded')} + ${sum('pending')}`)
  const waits = books.attempts.some(
    (one) => one.charge_id === id && one.kind === charge.pending_operation && one.is_open,
  )
  if (charge.pending_operation !== null && !waits)
    faults.push(`I5: ${id} waits for a ${charge.pending_operation} that nobody asks about`)
  return faults
}

function faultsOfEvents(books: Books): string[] {
  const faults: string[] = []
  const byObject = Map.groupBy(books.events, (event) => event.object_id)
  for (const row of [...books.charges, ...books.refunds, ...books.sessions, ...books.disputes]) {
    const events = byObject.get(row.id) ?? []
    if (events.length !== row.sequence || events.some((event, index) => event.sequence !== index + 1))
      faults.push(`I6: ${row.id} counts ${row.sequence} events, and has ${events.map((event) => event.sequence)}`)
    const last = events.at(-1)
    if (last !== undefined && !tells(last.object, row))
      faults.push(`I6: the last event of ${row.id} does not tell how it stands`)
  }
  if (books.endpoints > 0 && books.events.some((event) => event.deliveries !== books.endpoints))
    faults.push('I6: an event has no delivery')
  return faults
}

function tells(
  object: Books['events'][number]['object'],
  row: Books['charges' | 'refunds' | 'sessions' | 'disputes'][number],
): boolean {
  if (object.status !== row.status) return false
  if (!('captured' in row))
    return !('late_payments' in object) || object.charge === (row as { charge_id: string }).charge_id
  return (
    object.amount_captured === row.captured &&
    object.amount_refunded === row.refunded &&
    object.cancellation_reason === row.cancellation_reason &&
    String(object.flags) === String(row.flags)
  )
}

/** Of amounts. */
export function total(amounts: number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0)
}
