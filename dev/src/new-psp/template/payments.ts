import type {
  Asked,
  LookUpAnswer,
  Outcome,
  PaymentOperations,
  PspReply,
} from '@fincore/payment-service/psp-gateway/port'
import { nextStep } from './next-step.ts'
import { outcomeOfPayment, rejectedCodes, unknown } from './outcomes.ts'
import { get, post, toNumber } from './request.ts'
import { classifyReply, wire } from './wire.ts'

/** Payments by token, and what can be done to a payment. */
export const payments: PaymentOperations = {
  authorizeToken: (account, { reference, amount, captureMethod, token }) =>
    post(account, '/payments', reference, {
      reference,
      amount: toNumber(amount.amount),
      currency: amount.currency,
      capture: captureMethod,
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
  readReply: (kind, reply, asked) =>
    kind === 'authorize'
      ? readAuthorization(reply, asked)
      : readOther(reply, nextStep(5, 'payments.ts', `read the reply to ${kind}`)),
  lookUp: (account, { reference }) => get(account, `/payments?reference=${encodeURIComponent(reference)}`),
  readLookUp(_account, { kind }, reply): LookUpAnswer {
    const read = classifyReply(reply)
    if (read.kind !== 'body') return { found: 'unknown', why: 'the look-up gave no answer' }
    return { found: 'unknown', why: nextStep(6, 'payments.ts', `read what the look-up says (${kind})`) }
  },
}

function readAuthorization(reply: PspReply, asked: Asked | undefined): Outcome {
  const read = classifyReply(reply)
  if (read.kind === 'body')
    return wire.payment.Check(read.value) ? outcomeOfPayment(read.value, asked) : unknown('the reply is no payment')
  return readOther(reply, 'the PSP gave an error that FinCore has no word for')
}

/** What all replies have in common that bring nothing of their own. */
function readOther(reply: PspReply, otherwise: string): Outcome {
  const read = classifyReply(reply)
  if (read.kind === 'not_sent') return { outcome: 'rejected', code: 'not_executed', pspCode: null }
  if (read.kind === 'error' && rejectedCodes.has(read.code))
    return { outcome: 'rejected', code: 'rejected_by_psp', pspCode: read.code }
  return unknown(read.kind === 'unknown' ? read.why : otherwise)
}
