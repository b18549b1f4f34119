import { fitText } from '../fit-text.ts'
import type {
  AuthorizeInput,
  FollowUpInput,
  LookUpAnswer,
  MoneyKind,
  Outcome,
  PaymentOperations,
  PspReply,
} from '../port.ts'
import { operationNames, outcomeOfOperation, outcomeOfPayment, unknown } from './outcomes.ts'
import { lookUp, post } from './request.ts'
import { classifyReply, toNumber, wire } from './wire.ts'

/** Payments by token, and what can be done to a payment. */
export const payments: PaymentOperations = {
  authorizeToken: (account, input) =>
    post(account, '/v2/payments', input.reference, {
      ...authorizeBody(input),
      source: { type: 'token', token: input.token },
    }),
  capture: (account, input) => post(account, pathOf(input, 'captures'), input.reference, amountBody(input)),
  refund: (account, input) => post(account, pathOf(input, 'refunds'), input.reference, amountBody(input)),
  cancel: (account, input) =>
    post(account, pathOf(input, 'cancellations'), input.reference, { reference: input.reference }),
  readReply(kind, reply, asked): Outcome {
    const read = classifyReply(reply)
    if (read.kind === 'unknown') return unknown(read.why)
    if (read.kind === 'rejected') return { outcome: 'rejected', code: read.code, pspCode: read.pspCode }
    if (kind === 'authorize') {
      return wire.payment.Check(read.value) ? outcomeOfPayment(read.value, asked) : unknown('the reply is no payment')
    }
    return wire.operation.Check(read.value)
      ? outcomeOfOperation(kind, read.value, asked)
      : unknown('the reply is no operation')
  },
  lookUp,
  readLookUp: (_account, { kind, reference, amount }, reply) =>
    readLookUp(kind, reply, amount === undefined ? { reference } : { reference, amount }),
}

/** The fields that a token payment and a card payment share. */
export function authorizeBody(input: AuthorizeInput) {
  const description = fitText(input.description, 500)
  return {
    reference: input.reference,
    amount: { value: toNumber(input.amount.amount), currency: input.amount.currency },
    capture: input.captureMethod,
    ...(input.returnUrl === null ? {} : { return_url: input.returnUrl }),
    ...(description === undefined ? {} : { description }),
  }
}

function pathOf(input: FollowUpInput, action: string): string {
  return `/v2/payments/${encodeURIComponent(input.payment)}/${action}`
}

function amountBody(input: FollowUpInput) {
  const { amount, currency } = input.amount
  return { reference: input.reference, amount: { value: toNumber(amount), currency } }
}

/** “Not found” is taken only from a reply that knows nothing at all of the reference. */
function readLookUp(kind: MoneyKind, reply: PspReply, asked: Parameters<typeof outcomeOfPayment>[1]): LookUpAnswer {
  const read = classifyReply(reply)
  if (read.kind === 'unknown') return { found: 'unknown', why: read.why }
  if (read.kind === 'rejected') return { found: 'unknown', why: 'the look-up was refused' }
  if (!wire.lookUp.Check(read.value)) return { found: 'unknown', why: 'the reply is no look-up' }
  const { payments: found, operations, checkout_sessions: sessions } = read.value
  const all = [...found, ...operations, ...sessions]
  if (all.length === 0) return { found: false }
  const [payment] = found
  const [operation] = operations
  if (all.length > 1) return { found: 'unknown', why: 'the PSP knows the reference more than once' }
  if (kind === 'authorize' && payment) return { found: true, outcome: outcomeOfPayment(payment, asked) }
  if (kind !== 'authorize' && operation?.object === operationNames[kind]) {
    return { found: true, outcome: outcomeOfOperation(kind, operation, asked) }
  }
  return { found: 'unknown', why: 'the PSP knows the reference as something else' }
}
