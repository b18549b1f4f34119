import type { Dispute, HostedPayment, Money, Outcome, PspEvent } from '../psp-gateway/port.ts'

/** The shape of a type in JSON: money as decimal text, because a JSON number rounds above 2^53. */
type InJson<T> = T extends bigint | Date ? string : T extends object ? { [key in keyof T]: InJson<T[key]> } : T
/** A PSP's event as psp_events keeps it. */
export type StoredPspEvent = InJson<PspEvent>

/** Writes an event for the database. What PostgreSQL cannot store as text (NUL, half a surrogate) is replaced. */
export function storePspEvent(event: PspEvent): string {
  return JSON.stringify(event, (_name, value: unknown) => {
    if (typeof value === 'bigint') return value.toString()
    return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value
  })
}

/** Reads an event back. Every kind is named, so that one added to the port does not compile until it is read here. */
export function readPspEvent({ id, type, about }: StoredPspEvent): PspEvent {
  switch (about.kind) {
    case 'attempt': {
      const { amount, outcome, ...rest } = about
      const read = { ...rest, outcome: readOutcome(outcome) }
      return { id, type, about: amount === undefined ? read : { ...read, amount: readMoney(amount) } }
    }
    case 'hosted_payment':
      return { id, type, about: { ...about, payment: readPayment(about.payment) } }
    case 'dispute':
      return { id, type, about: { ...about, dispute: readDispute(about.dispute) } }
    case 'hosted_session':
    case 'nothing':
    case 'unforeseen':
      return { id, type, about }
  }
}

function readPayment(payment: InJson<HostedPayment>): HostedPayment {
  const { pspReference, amount, outcome } = payment
  return { pspReference, amount: readMoney(amount), outcome: readOutcome(outcome) }
}

function readDispute({ amount, evidenceDueBy, ...rest }: InJson<Dispute>): Dispute {
  return {
    ...rest,
    amount: readMoney(amount),
    evidenceDueBy: evidenceDueBy === null ? null : new Date(evidenceDueBy),
  }
}

function readMoney({ amount, currency }: InJson<Money>): Money {
  return { amount: BigInt(amount), currency }
}

function readOutcome(outcome: InJson<Outcome>): Outcome {
  switch (outcome.outcome) {
    case 'approved':
      return { ...outcome, captured: BigInt(outcome.captured) }
    case 'action_required':
    case 'declined':
    case 'rejected':
    case 'ended':
    case 'unknown':
      return outcome
  }
}
