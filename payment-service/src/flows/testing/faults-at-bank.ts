import type { BookedCharge, Books } from './books.ts'
import { findFaultsOfBooks, type Told, total } from './faults-of-books.ts'

/** What the bank behind the sandbox PSP really did: a line of its truth ledger. */
export type Movement = {
  kind: 'authorization' | 'capture' | 'cancellation' | 'refund'
  payment: string
  reference: string
  own_reference: string
  amount: number
}

/**
 * What is wrong with a merchant’s money when nothing is under way any more. By the rules of the books, and, held against
 * the bank:
 *
 * - I1 at most one authorization per charge, and one effect per capture, cancel or refund
 * - I2 every movement has its record, and every final record has its movement
 */
export function findFaults(books: Books, movements: Movement[], told: Told[] = []): string[] {
  return [
    ...faultsOfRepeats(books, movements),
    ...movements.flatMap((movement) => faultsOfMovement(books, movement)),
    ...faultsOfRecords(books, movements),
    ...faultsAtBank(movements),
    ...findFaultsOfBooks(books, told),
  ]
}

function faultsOfRepeats(books: Books, movements: Movement[]): string[] {
  const perOperation = countBy(
    movements,
    ({ kind, own_reference, payment }) => `${kind} of ${own_reference} at ${payment}`,
  )
  const chargeOf = new Map(books.attempts.map((attempt) => [attempt.id, attempt.charge_id]))
  // A hosted session's payments share its reference: each is a charge of its own.
  const authorizations = movements.filter(({ kind, reference }) => kind === 'authorization' && chargeOf.get(reference))
  const perCharge = countBy(authorizations, ({ reference }) => `authorization of charge ${chargeOf.get(reference)}`)
  return [...perOperation, ...perCharge].flatMap(([what, count]) => (count > 1 ? [`I1: ${count} times: ${what}`] : []))
}

function faultsOfMovement(books: Books, { kind, own_reference, payment, amount }: Movement): string[] {
  const fault = (why: string) => [`I2: a movement (${kind} ${amount} of ${own_reference}) ${why}`]
  const charge = books.charges.find((one) => one.psp_reference === payment)
  if (charge === undefined) return fault('without a charge')
  const attempt = books.attempts.find(({ id }) => id === own_reference)
  if (attempt === undefined) return fault('without an attempt')
  if (attempt.is_open) return fault('whose outcome is still looked for')
  const isOfPayment = attempt.kind === 'authorize' || attempt.kind === 'create_session'
  if (!isOfPayment && attempt.state !== 'approved') return fault(`whose attempt is ${attempt.state}`)
  switch (kind) {
    case 'authorization':
      return hadMoney(charge) ? [] : fault(`whose charge is ${charge.status}`)
    case 'capture':
      return charge.captured === amount ? [] : fault(`whose charge has captured ${charge.captured}`)
    case 'cancellation':
      return charge.status === 'canceled' ? [] : fault(`whose charge is ${charge.status}`)
    case 'refund': {
      const refund = books.refunds.find(({ id }) => id === attempt.refund_id)
      return refund?.status === 'succeeded' && refund.amount === amount
        ? []
        : fault(`whose refund is ${refund?.status}`)
    }
  }
}

function hadMoney({ status, cancellation_reason }: BookedCharge): boolean {
  return (
    status === 'authorized' || status === 'captured' || (status === 'canceled' && cancellation_reason !== 'abandoned')
  )
}

const movementOf = { capture: 'capture', cancel: 'cancellation', refund: 'refund' } as const

function faultsOfRecords(books: Books, movements: Movement[]): string[] {
  const faults: string[] = []
  for (const charge of books.charges) {
    const own = movements.filter(({ payment }) => payment === charge.psp_reference)
    const sum = (kind: Movement['kind']) =>
      total(own.filter((movement) => movement.kind === kind).map((one) => one.amount))
    const expected = {
      authorization: hadMoney(charge) ? charge.amount : 0,
      capture: charge.captured,
      refund: charge.refunded,
    }
    for (const kind of ['authorization', 'capture', 'refund'] as const) {
      if (sum(kind) !== expected[kind])
        faults.push(`I2: charge ${charge.id} (${charge.status}) books ${kind} ${expected[kind]}, the bank ${sum(kind)}`)
    }
    if (charge.status === 'canceled' && charge.cancellation_reason === 'requested' && sum('cancellation') === 0)
      faults.push(`I2: charge ${charge.id} is canceled, and the bank still holds the money`)
  }
  for (const { id, kind, state } of books.attempts) {
    if (kind !== 'capture' && kind !== 'cancel' && kind !== 'refund') continue
    const moved = movements.some((one) => one.own_reference === id && one.kind === movementOf[kind])
    if (moved !== (state === 'approved')) faults.push(`I2: a ${kind} is ${state}, and the bank says moved: ${moved}`)
  }
  return faults
}

/** What the bank itself must never have done. */
function faultsAtBank(movements: Movement[]): string[] {
  return [...Map.groupBy(movements, ({ payment }) => payment)].flatMap(([payment, own]) => {
    const sum = (kind: Movement['kind']) => total(own.filter((one) => one.kind === kind).map((one) => one.amount))
    const isRight = sum('refund') <= sum('capture') && sum('capture') <= sum('authorization')
    return isRight ? [] : [`I5: at the bank more left ${payment} than came in`]
  })
}

function countBy<T>(list: T[], key: (one: T) => string): [string, number][] {
  return [...Map.groupBy(list, key)].map(([what, found]) => [what, found.length])
}
