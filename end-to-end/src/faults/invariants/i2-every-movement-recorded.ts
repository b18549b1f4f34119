import type { Charge, Evidence, Harm, Movement, Violation } from './evidence.ts'

/** I2: every movement at the PSP has its record in FinCore, and every final record has its movement. */
export function checkRecords(evidence: Evidence): Violation[] {
  return [...checkMovements(evidence), ...checkCharges(evidence), ...checkRefunds(evidence), ...checkSessions(evidence)]
}

type Say = (about: string, what: string, harm: Harm) => void

function collect(work: (say: Say) => void): Violation[] {
  const found: Violation[] = []
  work((about, what, harm) => void found.push({ invariant: 'I2', harm, about, what }))
  return found
}

function checkMovements(evidence: Evidence): Violation[] {
  const attempts = new Map(evidence.attempts.map((attempt) => [attempt.id, attempt]))
  const byPayment = new Map(evidence.charges.map((charge) => [charge.psp_reference, charge]))
  return collect((say) => {
    for (const movement of evidence.truth) {
      const charge = byPayment.get(movement.payment)
      const attempt = attempts.get(movement.own_reference)
      if (attempt === undefined) {
        say(
          movement.payment,
          `${describe(movement)} under ${movement.own_reference}, which FinCore never wrote`,
          'lost',
        )
        continue
      }
      if (charge === undefined) {
        say(attempt.charge_id ?? attempt.id, `${describe(movement)}, and no charge has its payment`, 'lost')
        continue
      }
      const expected = recordOf(movement, charge, evidence)
      if (expected !== null) say(charge.id, `${describe(movement)}, but ${expected.why}`, expected.harm)
    }
  })
}

/** What is wrong with the record of a movement; null when it fits. */
function recordOf(movement: Movement, charge: Charge, evidence: Evidence): { why: string; harm: Harm } | null {
  switch (movement.kind) {
    case 'authorization':
      if (movement.amount !== charge.amount) return { why: `the charge is of ${charge.amount}`, harm: 'wrong amount' }
      return ['authorized', 'captured', 'canceled'].includes(charge.status)
        ? null
        : { why: `the charge is ${charge.status}`, harm: 'lost' }
    case 'capture':
      if (charge.status !== 'captured') return { why: `the charge is ${charge.status}`, harm: 'lost' }
      return movement.amount === charge.captured
        ? null
        : { why: `${charge.captured} is recorded as captured`, harm: 'wrong amount' }
    case 'cancellation':
      return charge.status === 'canceled' ? null : { why: `the charge is ${charge.status}`, harm: 'lost' }
    case 'refund': {
      const attempt = evidence.attempts.find(({ id }) => id === movement.own_reference)
      const refund = evidence.refunds.find(({ id }) => id === attempt?.refund_id)
      if (refund === undefined) return { why: 'no refund has its reference', harm: 'lost' }
      if (refund.status !== 'succeeded') return { why: `the refund ${refund.id} is ${refund.status}`, harm: 'lost' }
      return refund.amount === movement.amount
        ? null
        : { why: `the refund ${refund.id} is of ${refund.amount}`, harm: 'wrong amount' }
    }
  }
}

function checkCharges(evidence: Evidence): Violation[] {
  const byPayment = Map.groupBy(evidence.truth, ({ payment }) => payment)
  return collect((say) => {
    for (const charge of evidence.charges) {
      const movements = charge.psp_reference === null ? [] : (byPayment.get(charge.psp_reference) ?? [])
      const of = (kind: Movement['kind']) => movements.filter((movement) => movement.kind === kind)
      const isHeld = of('authorization').length > 0
      if (charge.status === 'captured' && of('capture').length === 0)
        say(charge.id, 'recorded as captured, and the PSP never captured', 'lost')
      if (charge.status === 'authorized' && !isHeld)
        say(charge.id, 'recorded as authorized, and no funds are held', 'lost')
      if (charge.status === 'authorized' && charge.pending_operation === null && of('capture').length > 0)
        say(charge.id, 'recorded as authorized, and the PSP has captured', 'lost')
      if (charge.status === 'canceled' && charge.cancellation_reason === 'requested' && of('cancellation').length === 0)
        say(charge.id, 'recorded as canceled, and the PSP never canceled', 'lost')
      if (charge.status === 'canceled' && charge.cancellation_reason === 'abandoned' && isHeld)
        say(charge.id, 'recorded as abandoned, and funds are held', 'lost')
      const returned = of('refund').reduce((sum, { amount }) => sum + amount, 0n)
      if (returned !== charge.refunded)
        say(charge.id, `${charge.refunded} recorded as given back, the PSP gave ${returned}`, 'wrong amount')
    }
  })
}

function checkRefunds(evidence: Evidence): Violation[] {
  const attempts = Map.groupBy(evidence.attempts, ({ refund_id }) => refund_id)
  return collect((say) => {
    for (const refund of evidence.refunds) {
      const references = (attempts.get(refund.id) ?? []).map(({ id }) => id)
      const moved = evidence.truth.some(
        ({ kind, own_reference }) => kind === 'refund' && references.includes(own_reference),
      )
      if (refund.status === 'succeeded' && !moved)
        say(refund.id, 'recorded as given back, and the PSP gave nothing', 'lost')
    }
  })
}

/** A completed session names the charge that paid it. */
function checkSessions(evidence: Evidence): Violation[] {
  const charges = new Map(evidence.charges.map((charge) => [charge.id, charge]))
  return collect((say) => {
    for (const { id, status, charge_id } of evidence.sessions) {
      if (status !== 'completed') continue
      const charge = charges.get(charge_id ?? '')
      if (charge?.payment_session_id !== id) say(id, 'recorded as completed, and no charge of it is named', 'lost')
    }
  })
}

function describe({ kind, amount, payment }: Movement): string {
  return `${kind} of ${amount} at the PSP (${payment})`
}
