import type { ChargeStatus } from '@fincore/payment-service/payments/charge-states'
import { isRefusal } from '@fincore/payment-service/refusal'
import type { ChargeRow } from '@fincore/payment-service/store/charges'
import type { CommittedTables } from './database/database.ts'
import type { Heard } from './merchant.ts'
import type { SimulatedPsp } from './psp.ts'
import type { Movement } from './psp-ledger.ts'

/** What must hold when a run has come to rest, whatever went wrong on the way. The PSP's ledger is the judge. */
export const invariants = {
  I1: 'At most one authorization per charge, and one effect per capture, cancel or refund request.',
  I2: 'Every movement at the PSP has its record, and every final record has its movement.',
  I3: 'An answer that said “done” is durable.',
  I4: 'No final state reverses.',
  I5: 'refunded + pending ≤ captured ≤ amount.',
  I6: 'Every change has its event, sequences have no gap, and every event reached its endpoint.',
  I7: 'Nothing stays unknown, and nothing unknown is called failed.',
} as const
export type Invariant = keyof typeof invariants

/** How a payment can be wrong: the columns of the reliability table. */
export type Harm = 'lost' | 'doubled' | 'wrong amount' | 'guessed' | 'reversed' | 'untold' | 'unresolved'

export type Violation = { invariant: Invariant; harm: Harm; story: string; what: string }

/** What a run left behind. */
export type Remains = {
  tables: CommittedTables
  psp: SimulatedPsp
  heard: readonly Heard[]
  /** The ids of events that reached the merchant. */
  received: ReadonlySet<string>
}

const finals: ReadonlySet<string> = new Set<ChargeStatus>(['captured', 'failed', 'canceled'])

export function findViolations(remains: Remains): Violation[] {
  const found: Violation[] = []
  const story = (text: unknown) => String(text ?? 'nobody')
  const { tables, psp } = remains
  const charges = [...tables.charges]
  const attempts = [...tables.attempts]
  const refunds = [...tables.refunds]
  const sessions = [...tables.payment_sessions]
  const events = [...tables.events]
  const { movements } = psp.ledger
  const storyOfCharge = new Map(charges.map((charge) => [charge.id, story(charge.description)]))

  // I1. What moved under one reference, and under one key of the merchant.
  for (const [key, group] of Map.groupBy(movements, (one) => `${one.kind} ${one.ownReference ?? one.payment}`)) {
    if (group.length > 1) add('I1', 'doubled', group[0]?.story, `${key} moved ${group.length} times`)
  }
  // (On the PSP's page a shopper may pay more than once: each is a charge of its own, and all but the first go back.)
  const byRequest = movements.filter(
    ({ kind, payment }) => kind === 'authorization' && psp.ledger.payments.get(payment)?.checkout_session === null,
  )
  for (const [name, group] of Map.groupBy(byRequest, (one) => one.story)) {
    if (group.length > 1) add('I1', 'doubled', name, `one request, ${group.length} authorizations`)
  }

  // I2. From the PSP's ledger to the records.
  for (const payment of psp.ledger.payments.values()) {
    const moved = movements.filter((one) => one.payment === payment.id)
    if (moved.length === 0) continue
    const charge = charges.find((one) => one.psp_reference === payment.id)
    if (charge === undefined) {
      add('I2', 'lost', payment.story, `${payment.id} is ${payment.status} at the PSP, and no charge knows it`)
      continue
    }
    if (charge.status !== payment.status) {
      const harm = charge.status === 'failed' ? 'guessed' : 'lost'
      add('I2', harm, payment.story, `${payment.id} is ${payment.status}, its charge ${charge.status}`)
    }
    if (charge.captured !== BigInt(payment.captured))
      add('I2', 'wrong amount', payment.story, `captured ${payment.captured}, the charge says ${charge.captured}`)
    const refunded = sum(moved, 'refund')
    if (charge.refunded !== refunded)
      add('I2', 'wrong amount', payment.story, `refunded ${refunded}, the charge says ${charge.refunded}`)
  }
  for (const one of movements) {
    if (one.ownReference === null) continue
    const attempt = attempts.find(({ id }) => id === one.ownReference)
    if (attempt === undefined) add('I2', 'lost', one.story, `${one.kind} under a reference that is not known`)
    else if (attempt.state !== 'approved') {
      const harm = attempt.state === 'rejected' || attempt.state === 'declined' ? 'guessed' : 'lost'
      add('I2', harm, one.story, `${one.kind} happened, and its attempt is ${attempt.state}`)
    }
  }
  // And back.
  for (const charge of charges) {
    const moved = movements.filter((one) => one.payment === charge.psp_reference)
    const name = story(charge.description)
    if ((charge.status === 'captured') !== sum(moved, 'capture') > 0n)
      add('I2', 'wrong amount', name, `the charge is ${charge.status}, captured ${sum(moved, 'capture')} at the PSP`)
    if (charge.status === 'authorized' && sum(moved, 'authorization') === 0n)
      add('I2', 'guessed', name, 'authorized, and the PSP holds nothing')
    // I5.
    const { amount, captured, refunded, refunds_pending } = charge
    if (!(0n <= refunded && 0n <= refunds_pending && refunded + refunds_pending <= captured && captured <= amount))
      add('I5', 'wrong amount', name, `${refunded} + ${refunds_pending} ≤ ${captured} ≤ ${amount}`)
    // I7.
    if (charge.status === 'processing' || charge.status === 'requires_action' || charge.pending_operation !== null)
      add('I7', 'unresolved', name, `${charge.status}, pending ${charge.pending_operation ?? 'nothing'}`)
    if (charge.flags.includes('psp_contradicts'))
      add('I7', 'guessed', name, `the PSP contradicts the charge, which is ${charge.status}`)
    const session = sessions.find(({ id }) => id === charge.payment_session_id)
    if (session?.late_payments === 'refund' && isKeptByMistake(charge))
      add('I7', 'lost', name, `late money was not given back: ${charge.flags.join(' ')}`)
  }
  for (const refund of refunds) {
    const attempt = attempts.find((one) => one.refund_id === refund.id)
    const moved = movements.filter((one) => one.kind === 'refund' && one.ownReference === attempt?.id)
    const name = storyOfCharge.get(refund.charge_id)
    if (refund.status === 'pending') add('I7', 'unresolved', name, 'a refund is still pending')
    else if ((refund.status === 'succeeded') !== moved.length > 0)
      add('I2', 'guessed', name, `a refund is ${refund.status}, and at the PSP ${moved.length} happened`)
    else if (moved[0] !== undefined && BigInt(moved[0].amount) !== refund.amount)
      add('I2', 'wrong amount', name, `a refund of ${refund.amount} moved ${moved[0].amount}`)
  }
  for (const attempt of attempts) {
    if (attempt.next_lookup_at === null) continue
    add('I7', 'unresolved', storyOfCharge.get(attempt.charge_id ?? ''), `${attempt.kind} is still ${attempt.state}`)
  }
  for (const session of sessions) {
    if (session.status === 'open') add('I7', 'unresolved', story(session.description), 'the session is still open')
  }
  for (const event of tables.psp_events) {
    if (event.state === 'received' || event.state === 'held')
      add('I7', 'untold', 'nobody', `the PSP’s event ${event.event_id} is ${event.state}`)
  }

  // I3. What merchants were told.
  for (const [key, answers] of Map.groupBy(remains.heard, (one) => one.key)) {
    const ids = new Set<string>()
    for (const { answer, story: name } of answers) {
      if (isRefusal(answer) || answer.status >= 300) continue
      const body = answer.body as { id: string; object: string; status: string; amount_captured?: number }
      ids.add(body.id)
      const row = [...charges, ...refunds, ...sessions].find(({ id }) => id === body.id)
      if (row === undefined) add('I3', 'lost', name, `answered with ${body.id}, which is gone`)
      else if (isFinal(body) && row.status !== body.status)
        add('I3', 'reversed', name, `answered ${body.status}, and ${body.id} is ${row.status}`)
    }
    if (ids.size > 1) add('I3', 'doubled', answers[0]?.story, `“${key}” was answered with ${ids.size} objects`)
  }

  // I4 and I6. What events told.
  for (const [objectId, told] of Map.groupBy(events, (event) => event.object_id)) {
    const row = [...charges, ...refunds, ...sessions].find(({ id }) => id === objectId)
    const name = storyOfCharge.get(objectId) ?? objectId
    const inOrder = told.toSorted((one, other) => one.sequence - other.sequence)
    if (inOrder.some((event, index) => event.sequence !== index + 1) || row?.sequence !== told.length)
      add('I6', 'untold', name, `sequences ${inOrder.map(({ sequence }) => sequence).join(' ')} of ${row?.sequence}`)
    let final: string | null = null
    for (const event of inOrder) {
      const { object } = (event.body as { data: { object: { object: string; status: string } } }).data
      if (final !== null && object.status !== final)
        add('I4', 'reversed', name, `was ${final}, and then ${object.status}`)
      if (isFinal(object)) final = object.status
      if (!remains.received.has(event.id)) add('I6', 'untold', name, `${event.id} did not reach the merchant`)
    }
    if (row !== undefined && final !== null && row.status !== final)
      add('I4', 'reversed', name, `an event said ${final}, and it is ${row.status}`)
  }
  for (const one of [...charges, ...refunds]) {
    if (one.sequence > 0 && !events.some((event) => event.object_id === one.id))
      add('I6', 'untold', storyOfCharge.get(one.id), `${one.id} changed without an event`)
  }
  return found

  function add(invariant: Invariant, harm: Harm, of: string | undefined, what: string): void {
    found.push({ invariant, harm, story: of ?? 'nobody', what })
  }
}

function isFinal({ object, status }: { object: string; status: string }): boolean {
  if (object === 'charge') return finals.has(status)
  return object === 'refund' ? status !== 'pending' : status !== 'open'
}

function sum(movements: readonly Movement[], kind: Movement['kind']): bigint {
  return movements.reduce((total, one) => total + (one.kind === kind ? BigInt(one.amount) : 0n), 0n)
}

/** Late money of a session that did not opt to keep it must be gone, or the bank must have refused. */
function isKeptByMistake(charge: Pick<ChargeRow, 'flags' | 'status' | 'refunded' | 'captured'>): boolean {
  if (!charge.flags.includes('paid_after_session_end') || charge.flags.includes('give_back_failed')) return false
  return charge.status === 'authorized' || (charge.status === 'captured' && charge.refunded < charge.captured)
}
