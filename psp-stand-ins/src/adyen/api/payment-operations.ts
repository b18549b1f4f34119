import { AdyenError } from '../adyen-error.ts'
import { type Authorisation, authorise } from '../payments/authorise.ts'
import { finishChallenge } from '../payments/challenge.ts'
import { describeCard } from '../payments/describe-card.ts'
import { checkMerchantAccount, checkPayment, type PaymentBody } from '../payments/payment-request.ts'
import { readCard } from '../payments/read-card.ts'
import type { Refusal } from '../refusals.ts'
import { behaviourOf, type Fault } from '../test-cards.ts'
import type { Account, Payment, World } from '../world.ts'
import type { Call, Operation, Result } from './operation.ts'

export const paymentOperations: readonly Operation[] = [
  { method: 'POST', path: '/payments', model: 'PaymentRequest', note: countCall, act: makePayment },
  { method: 'POST', path: '/payments/details', model: 'PaymentDetailsRequest', act: submitDetails },
  { method: 'POST', path: '/paymentMethods', model: 'PaymentMethodsRequest', readsOnly: true, act: listMethods },
]

function countCall({ world, body }: Pick<Call, 'world' | 'body'>): void {
  const { reference } = body as PaymentBody
  world.calls.set(reference, (world.calls.get(reference) ?? 0) + 1)
}

function makePayment({ world, account, body, faultIsSpent }: Call): Result {
  const request = body as PaymentBody
  checkPayment(account, request)
  const card = readCard(account, world.fieldKey, request.paymentMethod, world.now())
  const fault = faultIsSpent ? null : faultOf(card.number, card.shown.holderName)
  if (fault === 'reset_before' || fault === 'timeout_before') return { lost: fault }
  const done = authorise(world, {
    account,
    card,
    reference: request.reference,
    amount: request.amount,
    captures: chooseCapture(world, account, request),
    authentication: chooseAuthentication(request),
    returnUrl: request.returnUrl,
    requestedCode: request.additionalData?.RequestedTestAcquirerResponseCode,
    link: null,
  })
  const { payment, refusal, action, told } = done
  if (action !== null) return { status: 200, body: renderAction(action, payment), pspReference: payment.pspReference }
  return { ...renderPayment(payment, refusal), fault, told }
}

function submitDetails({ world, account, body }: Call): Result {
  const { details } = body as { details: Record<string, string | undefined> }
  const { redirectResult } = details
  // What only a native 3-D Secure integration can bring is not played here.
  if (details.threeDSResult !== undefined) throw new AdyenError('invalid_payload')
  if (redirectResult === undefined) throw new AdyenError('field_missing', 'details.redirectResult')
  const { payment, refusal, told } = finishChallenge(world, account.merchantAccount, redirectResult)
  return { ...renderPayment(payment, refusal), told }
}

function listMethods({ account, body }: Call): Result {
  checkMerchantAccount(account, (body as { merchantAccount: string }).merchantAccount)
  const brands = ['visa', 'mc', 'amex', 'diners', 'discover', 'jcb', 'cup', 'maestro']
  return { status: 200, body: { paymentMethods: [{ brands, name: 'Cards', type: 'scheme' }] } }
}

function renderPayment(payment: Payment, refusal: Refusal | null) {
  const { pspReference, reference, amount, card } = payment
  const body = {
    additionalData: describeCard(payment, refusal),
    pspReference,
    ...(refusal ? { refusalReason: refusal.reason, refusalReasonCode: refusal.code } : {}),
    resultCode: refusal ? refusal.resultCode : 'Authorised',
    amount: { currency: amount.currency, value: amount.value },
    merchantReference: reference,
    paymentMethod: { brand: card.brand, type: 'scheme' },
  }
  return { status: 200, body, pspReference }
}

/** As in Adyen's documents, an answer with an action names no payment: its `pspReference` comes with the result. */
function renderAction(action: { url: string } | 'native', payment: Payment): object {
  if (action !== 'native')
    return {
      resultCode: 'RedirectShopper',
      action: { paymentMethodType: 'scheme', url: action.url, method: 'GET', type: 'redirect' },
    }
  const token = Buffer.from(JSON.stringify({ threeDSMessageVersion: '2.2.0' })).toString('base64')
  const paymentData = `Ab02b4c0!${payment.pspReference}`
  return {
    resultCode: 'IdentifyShopper',
    action: {
      paymentData,
      paymentMethodType: 'scheme',
      authorisationToken: paymentData,
      subtype: 'fingerprint',
      token,
      type: 'threeDS2',
    },
  }
}

function faultOf(number: string, holderName: string | null): Fault | null {
  const behaviour = behaviourOf(number, holderName ?? undefined)
  return behaviour.do === 'fault' ? behaviour.fault : null
}

/** A payment's own wish goes before the account's capture delay (Adyen, “Capture”). */
function chooseCapture(world: World, account: Account, request: PaymentBody): Payment['captures'] {
  if (request.additionalData?.manualCapture === 'true') return 'manually'
  const hours = request.captureDelayHours
  if (hours === undefined) return account.capture === 'manual' ? 'manually' : 'at_once'
  return hours === 0 ? 'at_once' : { atMs: world.now() + hours * 3_600_000 }
}

/** Native 3-D Secure needs the shopper's browser in the request; all else is a redirect (Adyen, “3D Secure”). */
function chooseAuthentication(request: PaymentBody): Authorisation['authentication'] {
  if (request.mpiData || ['ContAuth', 'Moto', 'POS'].includes(request.shopperInteraction ?? '')) return 'done'
  const { attemptAuthentication, threeDSRequestData } = request.authenticationData ?? {}
  if (attemptAuthentication === 'never') return 'refused'
  const wantsNative = threeDSRequestData?.nativeThreeDS === 'preferred'
  return wantsNative && request.channel === 'Web' && request.origin && request.browserInfo ? 'native' : 'redirect'
}
