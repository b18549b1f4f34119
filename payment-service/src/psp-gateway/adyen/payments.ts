import { createHash } from 'node:crypto'
import type { PaymentCancelRequest } from '@adyen/api-library/lib/src/typings/checkout/paymentCancelRequest.js'
import type { PaymentCaptureRequest } from '@adyen/api-library/lib/src/typings/checkout/paymentCaptureRequest.js'
import type { PaymentDetailsRequest } from '@adyen/api-library/lib/src/typings/checkout/paymentDetailsRequest.js'
import type { PaymentRefundRequest } from '@adyen/api-library/lib/src/typings/checkout/paymentRefundRequest.js'
import type { PaymentRequest } from '@adyen/api-library/lib/src/typings/checkout/paymentRequest.js'
import type {
  Asked,
  AuthorizeInput,
  FollowUpInput,
  LookUpAnswer,
  Outcome,
  PaymentOperations,
  PspAccount,
  PspReply,
  Question,
  Shopper,
} from '../port.ts'
import { readAccount } from './account.ts'
import { toAdyen } from './amounts.ts'
import { type FollowUpKind, outcomeOfModification, outcomeOfPayment, unknown } from './outcomes.ts'
import { writeReference } from './references.ts'
import { type InJson, post } from './request.ts'
import { readToken } from './token.ts'
import { classifyReply, wire } from './wire.ts'

/**
 * Adyen keeps an idempotency key for seven days at the least (Adyen, “API idempotency”). A day less, and a repeat is
 * still certain to be one.
 */
const keysLiveMs = 6 * 24 * 60 * 60_000

/** Payments by token, and what can be done to a payment. */
export const payments: PaymentOperations = {
  authorizeToken(account, input) {
    const body = { ...authorizeBody(account, input), ...readToken(input.token) } satisfies InJson<PaymentRequest>
    return post(account, '/payments', input.reference, body)
  },

  capture(account, input) {
    const body = {
      merchantAccount: readAccount(account).merchantAccount,
      reference: input.reference,
      amount: toAdyen(input.amount),
    } satisfies InJson<PaymentCaptureRequest>
    return post(account, pathOf(input, 'captures'), input.reference, body)
  },

  cancel(account, input) {
    const body = {
      merchantAccount: readAccount(account).merchantAccount,
      reference: input.reference,
    } satisfies InJson<PaymentCancelRequest>
    return post(account, pathOf(input, 'cancels'), input.reference, body)
  },

  refund(account, input) {
    const body = {
      merchantAccount: readAccount(account).merchantAccount,
      reference: input.reference,
      amount: toAdyen(input.amount),
    } satisfies InJson<PaymentRefundRequest>
    return post(account, pathOf(input, 'refunds'), input.reference, body)
  },

  readReply(kind, reply, asked): Outcome {
    const read = classifyReply(reply)
    if (read.kind === 'unknown') return unknown(read.why)
    if (read.kind === 'rejected') return { outcome: 'rejected', code: read.code, pspCode: read.pspCode }
    return readBody(kind, read.value, asked)
  },

  /**
   * Adyen cannot be asked about a payment, so nothing is ever called absent. What became of a capture, cancel or refund
   * whose answer was lost is learnt by the same request under the same key, as Adyen documents it, while the key lives.
   * Once it is known that Adyen has it, a repeat could only hear the same again.
   */
  lookUp(account, { kind, payment, amount, reference, sentAt, askedAt, isAccepted }) {
    if (kind === 'authorize' || payment === null || amount === undefined || isAccepted) return null
    if (askedAt.getTime() - sentAt.getTime() > keysLiveMs) return null
    return payments[kind](account, { reference, payment, amount })
  },

  readLookUp(_account, question, reply): LookUpAnswer {
    return readLookUp(question, reply)
  },

  finishAction(account, { reference, query }) {
    const redirectResult = query.redirectResult ?? ''
    if (!/^[\x21-\x7e]{1,16000}$/.test(redirectResult)) return null
    // Another key than the payment's own, and one for each result: a forged one must not use up the true one's.
    const digest = createHash('sha256').update(redirectResult).digest('hex').slice(0, 16)
    const body = { details: { redirectResult } } satisfies InJson<PaymentDetailsRequest>
    return post(account, '/payments/details', `${reference}:${digest}`, body)
  },
}

/**
 * Where a payment needs no address to come back to, Adyen's definition asks for one all the same. Nobody is ever sent to
 * this one: such a payment is made without 3-D Secure, and the name cannot exist (RFC 2606).
 */
const nowhere = 'https://return.invalid/'

/** The fields that a token payment and a card payment share. */
export function authorizeBody(account: PspAccount, input: AuthorizeInput) {
  const isManual = input.captureMethod === 'manual'
  const isMerchants = input.initiator === 'merchant'
  const mayRedirect = input.returnUrl !== null && !isMerchants && input.threeDSecure === null
  return {
    merchantAccount: readAccount(account).merchantAccount,
    reference: writeReference(input.reference, input.captureMethod),
    amount: toAdyen(input.amount),
    returnUrl: input.returnUrl ?? nowhere,
    channel: 'Web',
    shopperInteraction: isMerchants ? 'ContAuth' : 'Ecommerce',
    // Said for every payment, so that the merchant account's own capture delay decides nothing.
    ...(isManual ? {} : { captureDelayHours: 0 }),
    additionalData: {
      manualCapture: isManual ? 'true' : 'false',
      ...(isMerchants && input.networkTransactionId !== null ? { networkTxReference: input.networkTransactionId } : {}),
    },
    ...(isMerchants ? { recurringProcessingModel: 'UnscheduledCardOnFile' } : {}),
    ...describeShopper(input.shopper),
    // The shopper goes to the bank by a redirect, the only way that FinCore's pages follow; or not at all.
    authenticationData: mayRedirect
      ? { threeDSRequestData: { nativeThreeDS: 'disabled' } }
      : { attemptAuthentication: 'never' },
  } satisfies Partial<InJson<PaymentRequest>>
}

/** For Adyen’s risk checks, and for the bank by 3-D Secure. A brace could be taken for a part of a card template. */
function describeShopper({ address, email }: Partial<Shopper> = {}) {
  return {
    ...(address ? { shopperIP: address } : {}),
    ...(email && !email.includes('{') ? { shopperEmail: email } : {}),
  } satisfies Partial<InJson<PaymentRequest>>
}

function pathOf({ payment }: FollowUpInput, operation: string): string {
  return `/payments/${encodeURIComponent(payment)}/${operation}`
}

function readBody(kind: 'authorize' | FollowUpKind, value: unknown, asked: Asked | undefined): Outcome {
  if (kind === 'authorize') {
    return wire.payment.Check(value) ? outcomeOfPayment(value, asked) : unknown('the reply is no payment')
  }
  return wire.modification.Check(value) ? outcomeOfModification(value, asked) : unknown('the reply is no operation')
}

/**
 * The answer to a repeat. That it was refused says nothing of the first request: the credentials may have changed
 * meanwhile, or the key may not be known where the repeat arrives.
 */
function readLookUp({ kind, reference, amount }: Question, reply: PspReply): LookUpAnswer {
  const read = classifyReply(reply)
  if (read.kind === 'unknown') return { found: 'unknown', why: read.why }
  if (read.kind === 'rejected') return { found: 'unknown', why: 'the repeated request was refused' }
  const outcome = readBody(kind, read.value, amount === undefined ? undefined : { reference, amount })
  const isAnswer = outcome.outcome !== 'unknown' || outcome.tellsWithinMs !== undefined
  return isAnswer ? { found: true, outcome } : { found: 'unknown', why: outcome.why }
}
