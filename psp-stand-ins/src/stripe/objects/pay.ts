import type Stripe from 'stripe'
import { makeSecret } from '../ids.ts'
import { authenticationRequired, type Behaviour, type Decline } from '../test-cards.ts'
import { recordMovement } from '../truth.ts'
import type { Account, Cause, IntentRow, MethodRow, World } from '../world.ts'
import { type Authentication, createCharge } from './charges.ts'
import { scheduleDispute } from './disputes.ts'
import { touch } from './payment-intents.ts'

/** How a try to pay is made. */
export type Try = {
  /** The request said that no shopper is there, or that an action is a failure. */
  noAction: boolean
  /** A 3-D Secure authentication that was made elsewhere. */
  external: Exclude<Authentication, 'by_the_bank_page'>
  /** Ordered by mail or telephone: no bank asks for the cardholder. */
  exempt: boolean
  /** The request asked for 3-D Secure. */
  challenge: boolean
  /** Stripe's own script shows the bank's page; else the caller redirects to it. */
  useStripeSdk: boolean
  cause: Cause
}

/** What a try came to. */
export type Paid = (
  | { status: 'approved' | 'requires_action' }
  | { status: 'declined'; decline: Decline; charge: string }
) & {
  /** Its last event was delivered, or given up. */
  delivered: Promise<void>
}

/**
 * Tries to pay a PaymentIntent with a card ("Confirm a PaymentIntent"): it is approved, or declined and may be tried again,
 * or the bank asks for the cardholder. What the bank did is written into the truth, and events are announced.
 */
export function pay(world: World, account: Account, row: IntentRow, method: MethodRow, how: Try): Paid {
  const { behaviour } = method
  row.intent.payment_method = method.method.id
  const asks = (behaviour.do === 'authenticate' && !how.exempt) || how.challenge
  if (asks && how.external === null) {
    if (how.noAction) return settle(world, account, row, method, null, authenticationRequired, how.cause)
    return { status: 'requires_action', delivered: requireAction(world, account, row, method, how) }
  }
  return settle(world, account, row, method, how.external, declineOf(behaviour), how.cause)
}

/** The cardholder's answer on the bank's page. Does nothing when the page is no longer open. */
export function endChallenge(world: World, account: Account, row: IntentRow, confirmed: boolean): void {
  const { challenge } = row
  if (challenge === null) return
  row.challenge = null
  row.intent.next_action = null
  const { behaviour } = challenge
  if (confirmed) {
    settle(world, account, row, challenge, 'by_the_bank_page', declineOf(behaviour), null)
    return
  }
  fail(row, challenge, {
    code: 'payment_intent_authentication_failure',
    message:
      'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
    type: 'invalid_request_error',
  })
  touch(world, row)
  world.announce(account, 'payment_intent.payment_failed', row.intent, null)
}

function declineOf(behaviour: Behaviour): Decline | null {
  if (behaviour.do === 'decline') return behaviour.decline
  return behaviour.do === 'authenticate' ? behaviour.afterwards : null
}

function requireAction(world: World, account: Account, row: IntentRow, method: MethodRow, how: Try): Promise<void> {
  row.challengeSecret = makeSecret(40)
  row.challenge = method
  row.intent.status = 'requires_action'
  row.intent.last_payment_error = null
  const url = `${world.pagesUrl}/3d_secure/${row.challengeSecret}`
  row.intent.next_action =
    row.returnUrl === null || how.useStripeSdk
      ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
      : { type: 'redirect_to_url', redirect_to_url: { return_url: row.returnUrl, url } }
  touch(world, row)
  return world.announce(account, 'payment_intent.requires_action', row.intent, how.cause)
}

function settle(
  world: World,
  account: Account,
  row: IntentRow,
  method: MethodRow,
  authentication: Authentication,
  decline: Decline | null,
  cause: Cause,
): Paid {
  const { intent } = row
  const charge = createCharge(world, account, row, method, authentication, decline)
  intent.latest_charge = charge.id
  touch(world, row)
  if (decline) {
    fail(row, method, {
      charge: charge.id,
      code: decline.code,
      ...(decline.declineCode === null ? {} : { decline_code: decline.declineCode }),
      message: decline.message,
      type: 'card_error',
    })
    world.announce(account, 'charge.failed', charge, cause)
    const delivered = world.announce(account, 'payment_intent.payment_failed', intent, cause)
    return { status: 'declined', decline, charge: charge.id, delivered }
  }
  row.behaviour = method.behaviour
  method.spent = true
  intent.last_payment_error = null
  intent.status = row.manualCapture ? 'requires_capture' : 'succeeded'
  intent.amount_capturable = row.manualCapture ? intent.amount : 0
  intent.amount_received = row.manualCapture ? 0 : intent.amount
  const movement = {
    id: charge.id,
    account: account.id,
    payment: intent.id,
    reference: row.reference,
    own_reference: row.reference,
    amount: intent.amount,
    currency: intent.currency,
  }
  recordMovement(world, { ...movement, kind: 'authorization' })
  world.announce(account, 'charge.succeeded', charge, cause)
  if (row.manualCapture)
    return {
      status: 'approved',
      delivered: world.announce(account, 'payment_intent.amount_capturable_updated', intent, cause),
    }
  recordMovement(world, { ...movement, kind: 'capture' })
  scheduleDispute(world, account, row)
  return { status: 'approved', delivered: world.announce(account, 'payment_intent.succeeded', intent, cause) }
}

/** A try that failed leaves the PaymentIntent open for another ("PaymentIntent status", `requires_payment_method`). */
function fail(row: IntentRow, method: MethodRow, error: Stripe.PaymentIntent.LastPaymentError): void {
  row.intent.status = 'requires_payment_method'
  row.intent.payment_method = null
  row.intent.last_payment_error = {
    ...error,
    ...(error.code ? { doc_url: `https://stripe.com/docs/error-codes/${error.code.replaceAll('_', '-')}` } : {}),
    payment_method: method.method,
  }
}
