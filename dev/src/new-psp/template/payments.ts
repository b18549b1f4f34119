import { fitText } from '@fincore/payment-service/psp-gateway/fit-text'
import type {
  Asked,
  LookUpAnswer,
  Outcome,
  PaymentOperations,
  PspReply,
  Question,
} from '@fincore/payment-service/psp-gateway/port'
import { readPspCode } from '@fincore/payment-service/psp-gateway/psp-code'
import { nextStep } from './next-step.ts'
import { outcomeOfOperation, outcomeOfPayment, rejectedCodes, unknown } from './outcomes.ts'
import { get, post, toNumber } from './request.ts'
import { classifyReply, wire } from './wire.ts'

/** Payments by token, and what can be done to a payment. */
export const payments: PaymentOperations = {
  // `undefined` leaves a field out of the JSON.
  authorizeToken: (account, { reference, amount, captureMethod, description, returnUrl, token }) =>
    post(account, '/payments', reference, {
      reference,
      amount: toNumber(amount.amount),
      currency: amount.currency,
      capture: captureMethod,
      description: fitText(description, 500),
      return_url: returnUrl ?? undefined,
      token,
    }),
  capture: () => {
    throw new Error(nextStep(5, 'payments.ts', 'build the request that captures a payment'))
  },
  cancel: () => {
    throw new Error(nextStep(5, 'payments.ts', 'build the request that cancels an authorization'))
  },
  refund: () => {
    throw new Error(nextStep(5, 'payments.ts', 'build the request that refunds a payment'))
  },
  readReply(kind, reply, asked): Outcome {
    const read = classifyReply(reply)
    if (read.kind === 'not_sent') return { outcome: 'rejected', code: 'not_executed', pspCode: null }
    if (read.kind === 'unknown') return unknown(read.why)
    if (read.kind === 'error') {
      const code = rejectedCodes.get(read.code)
      return code === undefined
        ? unknown('the PSP gave an error that FinCore has no word for')
        : { outcome: 'rejected', code, pspCode: readPspCode(read.code) }
    }
    return readBody(kind, read.value, asked)
  },
  // A PSP that lists payments and operations apart is asked for what `question.kind` is, or by `question.payment`.
  lookUp: (account, { reference }) => get(account, `/payments?reference=${encodeURIComponent(reference)}`),
  readLookUp: (_account, question, reply) => readLookUp(question, reply),
}

function readBody(kind: Question['kind'], value: unknown, asked: Partial<Asked> | undefined): Outcome {
  if (kind === 'authorize')
    return wire.payment.Check(value) ? outcomeOfPayment(value, asked) : unknown('the reply is no payment')
  return wire.operation.Check(value) ? outcomeOfOperation(kind, value, asked) : unknown('the reply is no operation')
}

function readLookUp({ kind }: Question, reply: PspReply): LookUpAnswer {
  const read = classifyReply(reply)
  return { found: 'unknown', why: nextStep(6, 'payments.ts', `read what the look-up of a ${kind} says (${read.kind})`) }
}
