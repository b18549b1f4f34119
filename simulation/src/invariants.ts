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

type JudgedTable = 'charges' | 'refunds' | 'payment_sessions' | 'attempts' | 'events' | 'psp_events'
type RowOf<Table> = Table extends Iterable<infer Row> ? Row : never

/** What a run left behind. */
export type Remains = {
  tables: { [Name in JudgedTable]: Iterable<RowOf<CommittedTables[Name]>> }
  psp: SimulatedPsp
  heard: readonly Heard[]
  /** The ids of events that reached the merchant. */
  received: ReadonlySet<string>
  /** Whether the PSP could be asked by our reference. */
  hasLookUps: boolean
}

const finals: ReadonlySet<string> = new Set<ChargeStatus>(['captured', 'failed', 'canceled'])

export function findViolations(remains: Remains): Violation[] {
  const books = openBooks(remains)
  return [
    ...findDoubled(books),
    ...findUnrecorded(books),
    ...findUnfounded(books),
    ...findUntrueAnswers(books),
    ...findUntold(books),
    ...findImbalance(books),
    ...findUnresolved(books),
  ]
}

type Books = ReturnType<typeof openBooks>

function openBooks({ tables, psp, heard, received, hasLookUps }: Remains) {
  const charges = [...tables.charges]
  const refunds = [...tables.refunds]
  const sessions = [...tables.payment_sessions]
  const attempts = [...tables.attempts]
  /** A PSP that cannot be asked never heard of it, so nobody can know: it stays in doubt, and is an operator's. */
  const isUnknowable = ({ id, kind }: { id: string; kind: string }) =>
    !hasLookUps && kind === 'authorize' && ![...psp.ledger.payments.values()].some((one) => one.reference === id)
  const rows = new Map([...charges, ...refunds, ...sessions].map((row) => [row.id, row]))
  const nameOf = (id: string | null): string => {
    const row = rows.get(id ?? '')
    if (row === undefined) return 'nobody'
    return 'charge_id' in row && 'reason' in row ? nameOf(row.charge_id) : String(row.description)
  }
  return {
    charges,
    refunds,
    sessions,
    rows,
    attempts,
    /** Charges whose authorization nobody can know of. */
    unknowable: new Set(attempts.filter(isUnknowable).map(({ charge_id }) => charge_id)),
    events: [...tables.events],
    pspEvents: [...tables.psp_events],
    payments: psp.ledger.payments,
    movements: psp.ledger.movements,
    heard,
    received,
    /** The story of a charge, a refund or a session. */
    nameOf,
  }
}

/** I1: what moved under one reference, and under one key of the merchant. */
function findDoubled({ movements, payments }: Books): Violation[] {
  const found: Violation[] = []
  for (const [key, group] of Map.groupBy(movements, (one) => `${one.kind} ${one.ownReference ?? one.payment}`)) {
    if (group.length > 1) found.push(violation('I1', 'doubled', group[0]?.story, `${key} moved ${group.length} times`))
  }
  // (On the PSP's page a shopper may pay more than once: each is a charge of its own, and all but the first go back.)
  const byRequest = movements.filter(
    ({ kind, payment }) => kind === 'authorization' && payments.get(payment)?.checkout_session === null,
  )
  for (const [name, group] of Map.groupBy(byRequest, (one) => one.story)) {
    if (group.length > 1) found.push(violation('I1', 'doubled', name, `one request, ${group.length} authorizations`))
  }
  return found
}

/** I2, from the PSP's ledger to the records. */
function findUnrecorded({ movements, payments, charges, attempts }: Books): Violation[] {
  const found: Violation[] = []
  for (const payment of payments.values()) {
    const moved = movements.filter((one) => one.payment === payment.id)
    if (moved.length === 0) continue
    const add = (harm: Harm, what: string) => found.push(violation('I2', harm, payment.story, what))
    const charge = charges.find((one) => one.psp_reference === payment.id)
    if (charge === undefined) {
      add('lost', `${payment.id} is ${payment.status} at the PSP, and no charge knows it`)
      continue
    }
    if (charge.status !== payment.status) {
      const harm = charge.status === 'failed' ? 'guessed' : 'lost'
      add(harm, `${payment.id} is ${payment.status}, its charge ${charge.status}`)
    }
    if (charge.captured !== BigInt(payment.captured))
      add('wrong amount', `captured ${payment.captured}, the charge says ${charge.captured}`)
    const refunded = sum(moved, 'refund')
    if (charge.refunded !== refunded) add('wrong amount', `refunded ${refunded}, the charge says ${charge.refunded}`)
  }
  for (const { kind, ownReference, story } of movements) {
    if (ownReference === null) continue
    const attempt = attempts.find(({ id }) => id === ownReference)
    if (attempt === undefined) found.push(violation('I2', 'lost', story, `${kind} under a reference that is not known`))
    else if (attempt.state !== 'approved') {
      const harm = attempt.state === 'rejected' || attempt.state === 'declined' ? 'guessed' : 'lost'
      found.push(violation('I2', harm, story, `${kind} happened, and its attempt is ${attempt.state}`))
    }
  }
  return found
}

/** I2, from the records to the PSP's ledger. */
function findUnfounded({ movements, charges, refunds, attempts, nameOf }: Books): Violation[] {
  const found: Violation[] = []
  for (const charge of charges) {
    const moved = movements.filter((one) => one.payment === charge.psp_reference)
    const name = nameOf(charge.id)
    const captured = sum(moved, 'capture')
    if ((charge.status === 'captured') !== captured > 0n)
      found.push(violation('I2', 'wrong amount', name, `${charge.status}, captured ${captured} at the PSP`))
    if (charge.status === 'authorized' && sum(moved, 'authorization') === 0n)
      found.push(violation('I2', 'guessed', name, 'authorized, and the PSP holds nothing'))
  }
  for (const refund of refunds) {
    const attempt = attempts.find((one) => one.refund_id === refund.id)
    const [moved] = movements.filter((one) => one.kind === 'refund' && one.ownReference === attempt?.id)
    const name = nameOf(refund.id)
    if (refund.status !== 'pending' && (refund.status === 'succeeded') !== (moved !== undefined))
      found.push(violation('I2', 'guessed', name, `a refund is ${refund.status}, and at the PSP it is otherwise`))
    if (moved !== undefined && BigInt(moved.amount) !== refund.amount)
      found.push(violation('I2', 'wrong amount', name, `a refund of ${refund.amount} moved ${moved.amount}`))
  }
  return found
}

/** I3: what merchants were answered with. */
function findUntrueAnswers({ heard, rows }: Books): Violation[] {
  const found: Violation[] = []
  for (const [key, answers] of Map.groupBy(heard, (one) => one.key)) {
    const ids = new Set<string>()
    for (const { answer, story } of answers) {
      if (isRefusal(answer) || answer.status >= 300) continue
      const body = answer.body as { id: string; object: string; status: string }
      ids.add(body.id)
      const row = rows.get(body.id)
      if (row === undefined) found.push(violation('I3', 'lost', story, `answered with ${body.id}, which is gone`))
      else if (isFinal(body) && row.status !== body.status)
        found.push(violation('I3', 'reversed', story, `answered ${body.status}, and ${body.id} is ${row.status}`))
    }
    if (ids.size > 1)
      found.push(violation('I3', 'doubled', answers[0]?.story, `“${key}” was answered with ${ids.size} objects`))
  }
  return found
}

type Told = { object: string; status: string; amount_captured?: number; amount_refunded?: number }

/** I4 and I6: what events told, of every object, against what it is. */
function findUntold({ rows, events, received, nameOf }: Books): Violation[] {
  const found: Violation[] = []
  const byObject = Map.groupBy(events, (event) => event.object_id)
  for (const row of rows.values()) {
    const name = nameOf(row.id)
    const add = (invariant: Invariant, harm: Harm, what: string) => found.push(violation(invariant, harm, name, what))
    const inOrder = (byObject.get(row.id) ?? []).toSorted((one, other) => one.sequence - other.sequence)
    if (inOrder.some((event, index) => event.sequence !== index + 1) || row.sequence !== inOrder.length)
      add(
        'I6',
        'untold',
        `${row.id}: sequences ${inOrder.map(({ sequence }) => sequence).join(' ')} of ${row.sequence}`,
      )
    const told = inOrder.map(({ body }) => (body as { data: { object: Told } }).data.object)
    const final = told.find(isFinal)
    if (final !== undefined && told.slice(told.indexOf(final)).some(({ status }) => status !== final.status))
      add('I4', 'reversed', `${row.id} was ${final.status}, and then otherwise`)
    const last = told.at(-1)
    if (!wasTold(row, last)) add('I6', 'untold', `${row.id} is ${row.status}, and the last event said ${last?.status}`)
    for (const { id } of inOrder) if (!received.has(id)) add('I6', 'untold', `${id} did not reach the merchant`)
  }
  return found
}

/** Whether the last event says how an object is. What has not ended, and what was never made, nobody is told of. */
function wasTold(row: { status: string; captured?: bigint; refunded?: bigint }, last: Told | undefined): boolean {
  if (last === undefined) return row.status === 'processing' || row.status === 'open' || row.status === 'canceled'
  const isSame = (told: number | undefined, kept: bigint | undefined) => kept === undefined || told === Number(kept)
  const { status, amount_captured: captured, amount_refunded: refunded } = last
  return status === row.status && isSame(captured, row.captured) && isSame(refunded, row.refunded)
}

/** I5, on each charge and against its refunds. */
function findImbalance({ charges, refunds, nameOf }: Books): Violation[] {
  return charges.flatMap(({ id, amount, captured, refunded, refunds_pending }) => {
    const ofStatus = (status: string) =>
      refunds.reduce((total, one) => total + (one.charge_id === id && one.status === status ? one.amount : 0n), 0n)
    const isWithin = 0n <= refunded && 0n <= refunds_pending && refunded + refunds_pending <= captured
    if (isWithin && captured <= amount && refunded === ofStatus('succeeded') && refunds_pending === ofStatus('pending'))
      return []
    return [violation('I5', 'wrong amount', nameOf(id), `${refunded} + ${refunds_pending} ≤ ${captured} ≤ ${amount}`)]
  })
}

/** I7: what is still open, and what was called otherwise than it is. */
function findUnresolved({ charges, refunds, attempts, sessions, pspEvents, nameOf, unknowable }: Books): Violation[] {
  const found: Violation[] = []
  const unresolved = (name: string, what: string) => found.push(violation('I7', 'unresolved', name, what))
  for (const charge of charges) {
    const name = nameOf(charge.id)
    const { status, pending_operation: pending, flags } = charge
    const isOpen = status === 'processing' || status === 'requires_action'
    if (isOpen && !unknowable.has(charge.id)) unresolved(name, `the charge is ${status}`)
    if (pending !== null) unresolved(name, `a ${pending} is under way`)
    if (flags.includes('psp_contradicts'))
      found.push(violation('I7', 'guessed', name, `the PSP contradicts the charge, which is ${status}`))
    const session = sessions.find(({ id }) => id === charge.payment_session_id)
    if (session?.late_payments === 'refund' && isKeptByMistake(charge))
      found.push(violation('I7', 'lost', name, `late money was not given back: ${flags.join(' ')}`))
  }
  for (const refund of refunds) if (refund.status === 'pending') unresolved(nameOf(refund.id), 'a refund is pending')
  for (const session of sessions) if (session.status === 'open') unresolved(nameOf(session.id), 'the session is open')
  for (const attempt of attempts) {
    if (attempt.next_lookup_at !== null && !unknowable.has(attempt.charge_id))
      unresolved(nameOf(attempt.charge_id), `${attempt.kind} is ${attempt.state}`)
  }
  for (const { event_id: id, state } of pspEvents) {
    if (state === 'received' || state === 'held') unresolved('nobody', `the PSP’s event ${id} is ${state}`)
  }
  return found
}

function violation(invariant: Invariant, harm: Harm, story: string | undefined, what: string): Violation {
  return { invariant, harm, story: story ?? 'nobody', what }
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
