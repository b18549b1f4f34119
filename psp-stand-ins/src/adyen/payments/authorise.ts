import { newPspReference, newSecret, randomLetters } from '../ids.ts'
import { type Refusal, refusalOf, requestedRefusal } from '../refusals.ts'
import { behaviourOf } from '../test-cards.ts'
import type { Account, Amount, Payment, World } from '../world.ts'
import { announceAuthorisation } from './announce.ts'
import { recordMovement } from './movements.ts'
import type { Card } from './read-card.ts'

export type Authorisation = {
  account: Account
  reference: string
  amount: Amount
  card: Card
  captures: Payment['captures']
  /** What the merchant allows or has done: none when the shopper is not there, or was authenticated elsewhere. */
  authentication: 'redirect' | 'native' | 'done' | 'refused'
  returnUrl: string
  /** `additionalData.RequestedTestAcquirerResponseCode`. */
  requestedCode?: string | undefined
  link: string | null
}

export type Authorised = {
  payment: Payment
  refusal: Refusal | null
  /** The bank's page, or null; `native` for what only a native integration can go on with. */
  action: { url: string } | 'native' | null
  /** Resolves when the webhook was accepted. */
  told: Promise<void>
}

/** Asks the bank, that is, the table of test cards. What happens, happens here and now. */
export function authorise(world: World, asked: Authorisation): Authorised {
  const { account, card, reference, amount, captures, link } = asked
  const payment: Payment = {
    pspReference: newPspReference(),
    account,
    reference,
    amount,
    card: card.shown,
    behaviour: behaviourOf(card.number, card.shown.holderName ?? undefined),
    status: 'refused',
    captures,
    captured: 0,
    refunded: 0,
    authCode: String(Math.floor(Math.random() * 1_000_000)).padStart(6, '0'),
    networkTxReference: makeNetworkReference(card.shown.brand, world.now()),
    link,
    dispute: null,
  }
  world.payments.set(payment.pspReference, payment)
  const refusal = findRefusal(asked, payment)
  if (refusal) return { payment, refusal, action: null, told: announceAuthorisation(world, payment, refusal) }
  if (payment.behaviour.do === 'challenge' && asked.authentication !== 'done') {
    payment.status = 'awaiting_shopper'
    const action =
      asked.authentication === 'native' ? 'native' : { url: openChallenge(world, payment, asked.returnUrl) }
    return { payment, refusal: null, action, told: Promise.resolve() }
  }
  return { payment, refusal: null, action: null, told: approve(world, payment) }
}

/** The bank has agreed: money is held, and taken where the payment is captured at once. */
export function approve(world: World, payment: Payment): Promise<void> {
  payment.status = 'authorised'
  recordMovement(world, payment, 'authorization', payment.reference, payment.pspReference, payment.amount.value)
  if (payment.captures === 'at_once') captureByItself(world, payment)
  return announceAuthorisation(world, payment, null)
}

/** An automatic capture, of which Adyen tells nothing. A delayed one is done when somebody next looks at the payment. */
export function captureWhenDue(world: World, payment: Payment): void {
  const { captures, status, captured } = payment
  if (typeof captures === 'object' && captures.atMs <= world.now() && status === 'authorised' && captured === 0)
    captureByItself(world, payment)
}

function captureByItself(world: World, payment: Payment): void {
  payment.captured = payment.amount.value
  recordMovement(world, payment, 'capture', payment.reference, payment.pspReference, payment.amount.value)
}

function findRefusal({ card, requestedCode, authentication }: Authorisation, payment: Payment): Refusal | null {
  const requested = requestedRefusal(requestedCode, card.shown.holderName ?? undefined)
  if (requested) return requested
  if (card.expired) return refusalOf('6')
  if (payment.behaviour.do === 'refuse') return refusalOf(payment.behaviour.code)
  // Issuers answer a payment without the authentication that they want with a soft decline.
  if (payment.behaviour.do === 'challenge' && authentication === 'refused') return refusalOf('38')
  return null
}

function openChallenge(world: World, payment: Payment, returnUrl: string): string {
  const secret = newSecret()
  world.challenges.set(secret, { secret, payment, returnUrl, result: null })
  return `${world.pagesUrl}/checkoutshopper/threeDS/redirect?MD=${secret}`
}

/** As the schemes write it: Visa's transaction identifier is 15 digits, Mastercard's trace id network, number and date. */
function makeNetworkReference(brand: string, nowMs: number): string {
  if (brand === 'mc') {
    const date = new Date(nowMs).toISOString().slice(5, 10).replace('-', '')
    return `MCC${randomLetters(6)}${date}`
  }
  return `${Math.floor(1e14 + Math.random() * 9e14)}`
}
