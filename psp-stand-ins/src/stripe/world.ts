import type Stripe from 'stripe'
import type { Behaviour } from './test-cards.ts'
import type { Movement } from './truth.ts'

/** A payment method, and what its card will do. The number and the code are not kept. */
export type MethodRow = {
  method: Stripe.PaymentMethod
  behaviour: Behaviour
  cvcGiven: boolean
  /** It paid once; without a customer it cannot again. */
  spent: boolean
}

export type TokenRow = { token: Stripe.Token; row: MethodRow }

export type IntentRow = {
  intent: Stripe.PaymentIntent
  /** FinCore's reference, as it came with the request that made the payment. */
  reference: string
  /** The Checkout Session whose page made it. */
  session: string | null
  manualCapture: boolean
  returnUrl: string | null
  /** The bank's 3-D Secure page for it: its secret, also when it is over, and the card while it is open. */
  challengeSecret: string | null
  challenge: MethodRow | null
  behaviour: Behaviour | null
  /** When search finds it as it is now, in milliseconds. */
  searchableAt: number
}

export type RefundRow = { refund: Stripe.Refund; reference: string; intent: string }

export type SessionRow = {
  session: Stripe.Checkout.Session
  /** What its page is shown by, besides the id. */
  pageSecret: string
  /** What its PaymentIntent is made from. */
  captureMethod: string
  metadata: Stripe.Metadata
  description: string | null
  receiptEmail: string | null
  statementDescriptorSuffix: string | null
  lineItems: Stripe.LineItem[]
}

export type WebhookSecret = { secret: string; until: number | null }

export type Account = {
  id: string
  name: string
  created: number
  secretKey: string
  publishableKey: string
  webhook: { id: string; url: string | null; secrets: WebhookSecret[]; enabledEvents: string[] }
  methods: Map<string, MethodRow>
  tokens: Map<string, TokenRow>
  intents: Map<string, IntentRow>
  charges: Map<string, Stripe.Charge>
  refunds: Map<string, RefundRow>
  sessions: Map<string, SessionRow>
  disputes: Map<string, Stripe.Dispute>
}

/** All waits, in milliseconds. Tests shorten them. */
export type Timings = {
  /** How long a held connection is held before it is cut. */
  holdMs: number
  slowReplyMs: number
  /** From a change to the first try of its webhook. */
  webhookDelayMs: number
  webhookTimeoutMs: number
  webhookFirstRetryMs: number
  webhookMostRetryMs: number
  webhookGiveUpMs: number
  /** How long `webhook_before_reply` waits for the delivery. */
  webhookBeforeReplyMs: number
  /** From a refund to the change that Stripe makes of it by itself. */
  refundChangeMs: number
  /** From a captured charge to its dispute. */
  disputeMs: number
  /** From a change to its being found by search: under a minute as a rule, says Stripe. */
  searchLagMs: number
}

export const defaultTimings: Timings = {
  holdMs: 60_000,
  slowReplyMs: 3_000,
  webhookDelayMs: 20,
  webhookTimeoutMs: 10_000,
  webhookFirstRetryMs: 500,
  webhookMostRetryMs: 3_600_000,
  webhookGiveUpMs: 3 * 86_400_000,
  webhookBeforeReplyMs: 5_000,
  refundChangeMs: 2_000,
  disputeMs: 500,
  searchLagMs: 3_000,
}

/** What caused a change, as its events name it; null when Stripe itself did. */
export type Cause = { requestId: string; idempotencyKey: string | null } | null

/** Everything that there is, and what parts need of it. */
export type World = {
  accounts: Map<string, Account>
  movements: Movement[]
  /** How many calls came in that ask for a payment, by FinCore's reference. */
  authorizeCalls: Map<string, number>
  timings: Timings
  /** The origin of the pages, without a slash at the end. */
  pagesUrl: string
  /** Milliseconds. */
  now(): number
  /** Runs a piece of work later; nothing runs after the stand-in was closed. */
  later(delayMs: number, work: () => void): void
  /** Sends an event of the object as it is now. Resolves when it was delivered or given up. */
  announce(account: Account, type: Stripe.Event.Type, object: object, cause: Cause): Promise<void>
}

/** Stripe's clock: whole seconds. */
export function seconds(world: World): number {
  return Math.floor(world.now() / 1000)
}
