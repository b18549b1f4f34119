import type { HeldConnections } from '../held-connections.ts'
import type { AdyenBrand } from './card-brands.ts'
import type { FieldKey } from './field-encryption.ts'
import type { Behaviour } from './test-cards.ts'
import type { Timings } from './timings.ts'
import type { Webhooks } from './webhooks/queue.ts'

/** An amount in Adyen's minor units. */
export type Amount = { value: number; currency: string }

export type Account = {
  name: string
  merchantAccount: string
  apiKey: string
  clientKey: string
  /** Hex, as Adyen's Customer Area makes it. */
  hmacKey: string
  webhookUser: string
  webhookPassword: string
  webhookUrl: string | null
  /** The account's capture delay, which a payment may override. */
  capture: 'immediate' | 'manual'
  /** Adyen enables raw card data on request only. */
  rawCards: boolean
}

/** What is kept of a card. Its number is not. */
export type CardShown = {
  bin: string
  summary: string
  brand: AdyenBrand
  /** `M/YYYY`, as Adyen writes it. */
  expiryDate: string
  holderName: string | null
}

export type Payment = {
  pspReference: string
  account: Account
  reference: string
  amount: Amount
  card: CardShown
  behaviour: Behaviour
  /** `awaiting_shopper` ends with `/payments/details`, or never. */
  status: 'awaiting_shopper' | 'authorised' | 'refused' | 'cancelled'
  captures: 'at_once' | 'manually' | { atMs: number }
  captured: number
  refunded: number
  authCode: string
  networkTxReference: string
  /** The payment link that it was made on. */
  link: string | null
  /** The `pspReference` of its dispute. */
  dispute: string | null
}

/** A visit to the bank's page. `result` is there once the shopper has decided. */
export type Challenge = {
  secret: string
  payment: Payment
  /** Where the shopper goes on: the merchant's return address, or the payment link's page. */
  returnUrl: string
  result: { redirectResult: string; authenticated: boolean; submitted: boolean } | null
}

export type PaymentLink = {
  id: string
  account: Account
  /** The request, which the answer repeats. */
  request: Readonly<Record<string, unknown>> & { reference: string; amount: Amount; merchantAccount: string }
  status: 'active' | 'completed' | 'expired'
  expiresAtMs: number
  updatedAtMs: number
  /** Its tries, by their `pspReference`, oldest first. */
  payments: string[]
}

/** What the bank really did. */
export type Movement = {
  kind: 'authorization' | 'capture' | 'cancellation' | 'refund'
  /** The `pspReference` of the operation; of an authorization and of an automatic capture, the payment's. */
  id: string
  payment: string
  /** The caller's of the payment. */
  reference: string
  /** The caller's of this operation; of an authorization and of an automatic capture, the payment's. */
  ownReference: string
  amount: Amount
  at: number
}

/** Everything there is, in memory. */
export type World = {
  accounts: Account[]
  payments: Map<string, Payment>
  links: Map<string, PaymentLink>
  challenges: Map<string, Challenge>
  movements: Movement[]
  /** How many authorizations were asked for, by reference; repeats under an idempotency key are counted, too. */
  calls: Map<string, number>
  fieldKey: FieldKey
  webhooks: Webhooks
  timings: Timings
  /** Origins, without a slash at the end. */
  pagesUrl: string
  now(): number
  /** Does something later, unless the stand-in is closed before. */
  later(delayMs: number, act: () => void): void
  held: HeldConnections
}
