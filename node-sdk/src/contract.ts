// Made from api-contract/src by `npm run docs`. Change the schemas there.

/** What is left of a deleted webhook endpoint. */
export type DeletedWebhookEndpoint = {
  /** What kind of object this is. */
  object: 'webhook_endpoint'
  /** The id that the endpoint had. */
  id: string
  /** It is gone. */
  deleted: true
}

/** What is not tried for a while, because somebody seems to try out stolen cards. */
export type CardTestingBlock = {
  /** What kind of object this is. */
  object: 'card_testing_block'
  /** The block’s id. */
  id: string
  /** The rule whose limit was reached. */
  rule: string
  /** What is blocked: a payment session, the shoppers of an address, cards with the same first six digits, or new cards in one flow. */
  subject: 'session' | 'address' | 'bin' | 'flow'
  /** Which: a session’s id, six digits, a flow; of an address its network and a code that stands for it, because the address itself is kept nowhere. */
  value: string
  /** Why. */
  figures: {
    /** What the rule had counted. */
    points: number
    /** Its limit for you. */
    limit: number
    /** Tries that were declined. */
    declined: number
    /** Of these, with a reason that is typical of testing. */
    telling: number
    /** Payments that were approved meanwhile. */
    approved: number
    /** When it began. RFC 3339, UTC. */
    since: string
  }
  /** When the block began. RFC 3339, UTC. */
  since: string
  /** When it ends, if it is not lifted before. RFC 3339, UTC. */
  until: string
}

/** How much to capture. */
export type CaptureCharge = {
  /** How much to capture; without it, all of it. The rest is released. */
  amount?: number | undefined
}

/** A charge of a card, for the card relay. */
export type CreateCardCharge = {
  /** In the currency’s minor unit: 1999 is 19.99 EUR, or 1999 JPY. */
  amount: number
  /** ISO 4217, in capitals. */
  currency: string
  /** `manual` holds the funds until you capture them. */
  capture_method?: 'automatic' | 'manual' | undefined
  /** Your own reference, for example the order’s number. */
  merchant_reference?: string | undefined
  /** What the payment is for. */
  description?: string | undefined
  /** Up to 50 keys of your own, each with a text of up to 500 characters. Never put card data here. */
  metadata?: Record<string, string> | undefined
  /** Where the shopper comes back to after confirming the payment with their bank; `charge` is added to it. */
  return_url?: string | undefined
  /** The PSP account to use; without it, one is chosen by your operator’s settings. */
  psp_account?: string | undefined
  /** The shopper’s IP address, IPv4 or IPv6, as your server sees it. Protects you from card testing, and is handed to PSPs that ask for it; it is not kept with the charge. It may differ when you send the request again. */
  customer_ip?: string | undefined
  /** The shopper’s e-mail address, handed to PSPs that ask for it; it is not kept with the charge. */
  customer_email?: string | undefined
  /** The result of a 3-D Secure authentication that you made elsewhere. */
  three_d_secure?: ThreeDSecure | undefined
  /** Who begins the payment: the shopper, or you with a card on file, by an agreement with the shopper. */
  initiator?: 'customer' | 'merchant' | undefined
  /** With `initiator: "merchant"`: the network’s id of the payment by which the shopper agreed to later ones, `network_transaction_id` of its charge. */
  network_transaction_id?: string | undefined
  /** What is charged. */
  payment_method: {
    /** A card, not a token. */
    type: 'card'
    /** The card. The card relay hands it on, and nothing of FinCore keeps it. */
    card: {
      /** 12 to 19 digits without spaces. */
      number: string
      /** 3 or 4 digits. Left out with `initiator: "merchant"`: it must not be kept after the first payment. */
      cvc?: string | undefined
      /** Month of expiry. */
      exp_month: number
      /** Year of expiry, four digits. */
      exp_year: number
      /** The name on the card. */
      holder_name?: string | undefined
    }
  }
}

/** A payment on the PSP’s page. */
export type CreatePaymentSession = {
  /** In the currency’s minor unit: 1999 is 19.99 EUR, or 1999 JPY. */
  amount: number
  /** ISO 4217, in capitals. */
  currency: string
  /** Where the shopper goes after paying; `payment_session` is added to it. */
  success_url: string
  /** Where the shopper goes after pressing cancel; `payment_session` is added to it. */
  cancel_url: string
  /** `manual` holds the funds until you capture them. */
  capture_method?: 'automatic' | 'manual' | undefined
  /** Your own reference, for example the order’s number. */
  merchant_reference?: string | undefined
  /** What the payment is for. */
  description?: string | undefined
  /** Up to 50 keys of your own, each with a text of up to 500 characters. Never put card data here. */
  metadata?: Record<string, string> | undefined
  /** The language of the PSP’s page. */
  locale?: string | undefined
  /** The shopper’s e-mail address, handed to the PSP. */
  customer_email?: string | undefined
  /** What is bought, for the PSP’s page. The payment’s own `amount` is what is paid. */
  line_items?: LineItem[] | undefined
  /** Seconds until the session ends by itself. */
  expires_in?: number | undefined
  /** What happens to money that arrives after the session has ended. */
  late_payments?: 'refund' | 'keep' | undefined
  /** The PSP account to use; without it, one is chosen by your operator’s settings. */
  psp_account?: string | undefined
}

/** Money to give back. */
export type CreateRefund = {
  /** The charge whose money is given back. */
  charge: string
  /** How much to give back; without it, all that is left. */
  amount?: number | undefined
  /** Your own words. */
  reason?: string | undefined
  /** Up to 50 keys of your own, each with a text of up to 500 characters. Never put card data here. */
  metadata?: Record<string, string> | undefined
}

/** A charge of a token. */
export type CreateTokenCharge = {
  /** In the currency’s minor unit: 1999 is 19.99 EUR, or 1999 JPY. */
  amount: number
  /** ISO 4217, in capitals. */
  currency: string
  /** `manual` holds the funds until you capture them. */
  capture_method?: 'automatic' | 'manual' | undefined
  /** Your own reference, for example the order’s number. */
  merchant_reference?: string | undefined
  /** What the payment is for. */
  description?: string | undefined
  /** Up to 50 keys of your own, each with a text of up to 500 characters. Never put card data here. */
  metadata?: Record<string, string> | undefined
  /** Where the shopper comes back to after confirming the payment with their bank; `charge` is added to it. */
  return_url?: string | undefined
  /** The PSP account to use; without it, one is chosen by your operator’s settings. */
  psp_account?: string | undefined
  /** The shopper’s IP address, IPv4 or IPv6, as your server sees it. Protects you from card testing, and is handed to PSPs that ask for it; it is not kept with the charge. It may differ when you send the request again. */
  customer_ip?: string | undefined
  /** The shopper’s e-mail address, handed to PSPs that ask for it; it is not kept with the charge. */
  customer_email?: string | undefined
  /** What is charged. */
  payment_method: {
    /** A token, not a card. */
    type: 'token'
    /** The token that `@fincore/browser` gave you. */
    token: string
    /** The PSP account that the token was made at, when you know it. */
    psp_account?: string | undefined
  }
}

/** The result of a 3-D Secure authentication that you made elsewhere. */
export type ThreeDSecure = {
  /** Electronic commerce indicator, two digits. */
  eci: string
  /** Authentication value (CAVV, AAV), base64 of 20 bytes. Passed on to the PSP and kept nowhere. */
  cavv: string
  /** The directory server’s transaction id, a UUID. */
  ds_transaction_id: string
  /** Of the 3-D Secure protocol. */
  version: string
}

/** What may be shown of the card: never its whole number. */
export type Card = {
  /** visa, mastercard, amex, …, or unknown. */
  brand: string
  /** The first six digits (the BIN); null where the PSP does not tell them. */
  first6: string | null
  /** The last four digits. */
  last4: string
  /** Month of expiry, 1 to 12. */
  exp_month: number
  /** Year of expiry, four digits. */
  exp_year: number
}

type ChargeFields = {
  /** What kind of object this is. */
  object: 'charge'
  /** The charge’s id; ids sort by time. */
  id: string
  /** The amount asked for. In the currency’s minor unit (cents for EUR, yen for JPY). */
  amount: number
  /** ISO 4217, in capitals. */
  currency: string
  /** How much was captured. In the currency’s minor unit (cents for EUR, yen for JPY). */
  amount_captured: number
  /** How much was given back. In the currency’s minor unit (cents for EUR, yen for JPY). */
  amount_refunded: number
  /** How much is being given back now. In the currency’s minor unit (cents for EUR, yen for JPY). */
  amount_refunds_pending: number
  /** Whether the money is captured at once or when you ask. */
  capture_method: 'automatic' | 'manual'
  /** How the card came in. */
  flow: 'hosted' | 'token' | 'raw_card'
  /** Your own reference, for example the order’s number. */
  merchant_reference: string | null
  /** What the payment is for. */
  description: string | null
  /** Up to 50 keys of your own, each with a text of up to 500 characters. Never put card data here. */
  metadata: Record<string, string>
  /** The payment session that this charge belongs to. */
  payment_session: string | null
  /** What it is paid with; null until the PSP has told. */
  payment_method: {
    /** How it is paid. */
    type: 'card'
    /** What may be shown of the card: never its whole number. */
    card: Card
  } | null
  /** What is unusual about the charge: paid_after_session_end, give_back_failed, psp_contradicts. More may come. */
  flags: string[]
  /** Where the payment is, for your support and your operator’s. */
  psp: {
    /** The PSP’s name. */
    name: string
    /** The PSP account. */
    account: string
    /** The PSP’s id of the payment. */
    reference: string | null
  }
  /** Why it went to this PSP account. Null for what was made before this was kept. */
  routing: Routing | null
  /** The card network’s id of the payment, where the PSP tells it: name it in later charges that you begin with this card. */
  network_transaction_id: string | null
  /** When the charge was made. RFC 3339, UTC. */
  created_at: string
  /** When the charge last changed. RFC 3339, UTC. */
  updated_at: string
}

/** The PSP’s answer is not known yet. Wait for the event. */
export type ProcessingCharge = ChargeFields & {
  /** The PSP’s answer is not known yet. Wait for the event. */
  status: 'processing'
  next_action: null
  pending: null
  failure: null
  cancellation_reason: null
}

/** The shopper must act: see `next_action`. */
export type RequiresActionCharge = ChargeFields & {
  /** The shopper must act: see `next_action`. */
  status: 'requires_action'
  /** What the shopper must do: confirm the payment with their bank. */
  next_action: {
    /** What kind of action it is. */
    type: 'redirect'
    /** Send the shopper’s browser there. */
    url: string
  }
  pending: null
  failure: null
  cancellation_reason: null
}

/** The funds are held; no money has moved. */
export type AuthorizedCharge = ChargeFields & {
  /** The funds are held; no money has moved. */
  status: 'authorized'
  next_action: null
  /** A capture or cancel whose outcome is not known yet. */
  pending: {
    /** What is being done. */
    operation: 'capture' | 'cancel'
    /** For how much. In the currency’s minor unit (cents for EUR, yen for JPY). */
    amount: number
  } | null
  failure: null
  cancellation_reason: null
}

/** The money is moving to you. Final. */
export type CapturedCharge = ChargeFields & {
  /** The money is moving to you. Final. */
  status: 'captured'
  next_action: null
  pending: null
  failure: null
  cancellation_reason: null
}

/** No money moved; `failure` says why. Final. */
export type FailedCharge = ChargeFields & {
  /** No money moved; `failure` says why. Final. */
  status: 'failed'
  next_action: null
  pending: null
  /** Why it failed, in words that are the same for every PSP. */
  failure: Failure
  cancellation_reason: null
}

/** It ended without money; `cancellation_reason` says why. Final. */
export type CanceledCharge = ChargeFields & {
  /** It ended without money; `cancellation_reason` says why. Final. */
  status: 'canceled'
  next_action: null
  pending: null
  failure: null
  /** Why the charge was canceled. */
  cancellation_reason: 'requested' | 'abandoned' | 'authorization_expired'
}

/** One payment. `status` says where it stands; a final state never reverses. */
export type Charge =
  | ProcessingCharge
  | RequiresActionCharge
  | AuthorizedCharge
  | CapturedCharge
  | FailedCharge
  | CanceledCharge

/** A payment that a shopper disputes with their bank. */
export type Dispute = {
  /** What kind of object this is. */
  object: 'dispute'
  /** The dispute’s id; ids sort by time. */
  id: string
  /** The charge whose payment is disputed. */
  charge: string
  /** Where the dispute stands. */
  status: 'inquiry' | 'opened' | 'won' | 'lost'
  /** How much is disputed. In the currency’s minor unit (cents for EUR, yen for JPY). */
  amount: number
  /** ISO 4217, in capitals. The PSP may dispute in another currency than the charge’s. */
  currency: string
  /** Why, in the PSP’s own word. */
  reason: string | null
  /** Until when you can answer with evidence, at the PSP; null when there is no such time. RFC 3339, UTC. */
  evidence_due_by: string | null
  /** The PSP’s id of the dispute: answer it there, under this id. */
  psp_reference: string
  /** When FinCore first heard of it. RFC 3339, UTC. */
  created_at: string
  /** When the dispute last changed. RFC 3339, UTC. */
  updated_at: string
}

/** Why it failed, in words that are the same for every PSP. */
export type Failure = {
  /** Why it failed: a FinCore decline code, the same for every PSP. */
  code: DeclineCode
  /** Of a charge: may be shown to the shopper. Of a refund: for you. */
  message: string
  /** Whether another try by the shopper makes sense. */
  shopper_can_retry: 'same_card' | 'other_card' | 'no'
  /** The PSP’s own code, for your support. */
  psp_code: string | null
}

/** One line of what is bought, as the PSP’s page shows it. */
export type LineItem = {
  /** What is bought. */
  name: string
  /** How many. */
  quantity: number
  /** The price of one, in the minor unit. */
  amount: number
}

type PaymentSessionFields = {
  /** What kind of object this is. */
  object: 'payment_session'
  /** The payment session’s id; ids sort by time. */
  id: string
  /** What the shopper pays. In the currency’s minor unit (cents for EUR, yen for JPY). */
  amount: number
  /** ISO 4217, in capitals. */
  currency: string
  /** Whether the money is captured at once or when you ask. */
  capture_method: 'automatic' | 'manual'
  /** Where the shopper goes after paying. */
  success_url: string
  /** Where the shopper goes after pressing cancel. */
  cancel_url: string
  /** Your own reference, for example the order’s number. */
  merchant_reference: string | null
  /** What the payment is for. */
  description: string | null
  /** Up to 50 keys of your own, each with a text of up to 500 characters. Never put card data here. */
  metadata: Record<string, string>
  /** The language of the PSP’s page. */
  locale: string | null
  /** The shopper’s e-mail address, handed to the PSP. */
  customer_email: string | null
  /** What is bought, for the PSP’s page. The payment’s own `amount` is what is paid. */
  line_items: LineItem[]
  /** What happens to money that arrives after the session has ended. */
  late_payments: 'refund' | 'keep'
  /** Why it went to this PSP account. Null for what was made before this was kept. */
  routing: Routing | null
  /** When the session ends by itself. RFC 3339, UTC. */
  expires_at: string
  /** When the session was made. RFC 3339, UTC. */
  created_at: string
  /** When the session last changed. RFC 3339, UTC. */
  updated_at: string
}

export type OpenPaymentSession = PaymentSessionFields & {
  /** The one-time link for the shopper, while the session is open; null afterwards. */
  url: string
  status: 'open'
  charge: null
}

export type CompletedPaymentSession = PaymentSessionFields & {
  url: null
  status: 'completed'
  /** The charge that paid the session. */
  charge: string
}

export type ExpiredPaymentSession = PaymentSessionFields & {
  url: null
  status: 'expired'
  charge: null
}

export type CanceledPaymentSession = PaymentSessionFields & {
  url: null
  status: 'canceled'
  charge: null
}

/** A page at the PSP, behind a link that works once. */
export type PaymentSession =
  | OpenPaymentSession
  | CompletedPaymentSession
  | ExpiredPaymentSession
  | CanceledPaymentSession

type RefundFields = {
  /** What kind of object this is. */
  object: 'refund'
  /** The refund’s id; ids sort by time. */
  id: string
  /** The charge whose money is given back. */
  charge: string
  /** How much is given back. In the currency’s minor unit (cents for EUR, yen for JPY). */
  amount: number
  /** ISO 4217, in capitals. */
  currency: string
  /** Your own words. */
  reason: string | null
  /** Up to 50 keys of your own, each with a text of up to 500 characters. Never put card data here. */
  metadata: Record<string, string>
  /** When the refund was made. RFC 3339, UTC. */
  created_at: string
  /** When the refund last changed. RFC 3339, UTC. */
  updated_at: string
}

export type PendingRefund = RefundFields & {
  status: 'pending'
  failure: null
}

export type SucceededRefund = RefundFields & {
  status: 'succeeded'
  failure: null
}

export type FailedRefund = RefundFields & {
  status: 'failed'
  /** Why it failed, in words that are the same for every PSP. */
  failure: Failure
}

/** Money given back, all that was captured or a part. */
export type Refund = PendingRefund | SucceededRefund | FailedRefund

/** Why it went to this PSP account. Null for what was made before this was kept. */
export type Routing = {
  /** The PSP account that took it. */
  psp_account: string
  /** Why it was this one. */
  reason: 'asked_for' | 'token_of_this_account' | 'only_one' | 'highest_priority' | 'share'
  /** Your PSP accounts: those that were tried before, in their order, the one that took it, the others. */
  considered: {
    /** One of your PSP accounts. */
    psp_account: string
    /** What was said of it: see the guide on routing. More words may come. */
    verdict:
      | 'asked_for'
      | 'token_of_this_account'
      | 'only_one'
      | 'highest_priority'
      | 'share'
      | 'not_drawn'
      | 'lower_priority'
      | 'breaker_open'
      | 'not_reached'
      | 'overloaded'
      | 'disabled'
      | 'currency_not_taken'
      | 'amount_not_taken'
      | 'brand_not_taken'
      | 'cannot_hosted'
      | 'cannot_raw_cards'
      | 'raw_cards_not_confirmed'
      | 'no_three_d_secure'
      | 'no_merchant_initiated'
  }[]
}

/** Where to send events. Without `events`, all of them. */
export type CreateWebhookEndpoint = {
  /** Where events are sent: a public `https:` address of your server. */
  url: string
  /** The types of events to send; `["*"]` is all of them, those of the future included. */
  events?: SubscribableEvent[] | undefined
  /** Your own words. */
  description?: string | undefined
}

/** Which deliveries to send again: of the events of a time. */
export type RedeliverFailed = {
  /** Deliveries of events that happened at this time or later. RFC 3339, UTC. */
  since: string
  /** And before this time; now without it. RFC 3339, UTC. */
  until?: string | undefined
}

/** How long the previous secret signs as well. */
export type RotateWebhookSecret = {
  /** How long the previous secret signs as well; a day without it, a week at most. */
  overlap_seconds?: number | undefined
}

/** What to change; what is left out stays as it is. */
export type UpdateWebhookEndpoint = {
  /** Where events are sent: a public `https:` address of your server. */
  url?: string | undefined
  /** The types of events to send; `["*"]` is all of them, those of the future included. */
  events?: SubscribableEvent[] | undefined
  /** Your own words. */
  description?: string | null | undefined
  /** `disabled` also cancels the deliveries that wait; you may send them again after enabling. `enabled` begins `health` anew. */
  status?: 'enabled' | 'disabled' | undefined
}

type WebhookDeliveryFields = {
  /** What kind of object this is. */
  object: 'webhook_delivery'
  /** The delivery’s id. */
  id: string
  /** The endpoint that the event is sent to. */
  webhook_endpoint: string
  /** The event that is sent. */
  event: string
  /** How often it was tried. */
  tries: number
  /** The HTTP status of the last answer; null when there was none. */
  last_status: number | null
  /** Why the last try failed, in a word. */
  last_error: string | null
  /** When it was last tried. RFC 3339, UTC. */
  last_try_at: string | null
  /** When the delivery was made. RFC 3339, UTC. */
  created_at: string
}

export type PendingWebhookDelivery = WebhookDeliveryFields & {
  status: 'pending'
  /** When it is tried next; null when it is not. RFC 3339, UTC. */
  next_try_at: string
  /** When your server took it. RFC 3339, UTC. */
  delivered_at: string | null
}

export type DeliveredWebhookDelivery = WebhookDeliveryFields & {
  status: 'delivered'
  next_try_at: null
  /** When your server took it. RFC 3339, UTC. */
  delivered_at: string
}

export type FailedWebhookDelivery = WebhookDeliveryFields & {
  status: 'failed'
  next_try_at: null
  /** When your server took it. RFC 3339, UTC. */
  delivered_at: string | null
}

export type CanceledWebhookDelivery = WebhookDeliveryFields & {
  status: 'canceled'
  next_try_at: null
  /** When your server took it. RFC 3339, UTC. */
  delivered_at: string | null
}

/** One event at one endpoint, and what became of it. */
export type WebhookDelivery =
  | PendingWebhookDelivery
  | DeliveredWebhookDelivery
  | FailedWebhookDelivery
  | CanceledWebhookDelivery

type WebhookEndpointFields = {
  /** What kind of object this is. */
  object: 'webhook_endpoint'
  /** The endpoint’s id. */
  id: string
  /** Where events are sent: a public `https:` address of your server. */
  url: string
  /** The types of events that are sent; `["*"]` is all of them. */
  events: string[]
  /** Your own words. */
  description: string | null
  /** How the endpoint fares. Counted anew when you enable it or change its `url`. When every try of five days has failed, the endpoint is disabled, and your other endpoints get `webhook_endpoint.disabled`. */
  health: {
    /** `healthy`: The last try was taken, or there was none yet. `failing`: The last tries failed, all since `failing_since`. `disabled`: It is disabled, so there are no tries. */
    state: 'healthy' | 'failing' | 'disabled'
    /** How many tries in a row failed until now. */
    consecutive_failures: number
    /** When the first of them failed; after a silence of two days it is counted anew. RFC 3339, UTC. */
    failing_since: string | null
    /** When your server last took an event. RFC 3339, UTC. */
    last_success_at: string | null
    /** When a try last failed. RFC 3339, UTC. */
    last_failure_at: string | null
  }
  /** When the endpoint was made. RFC 3339, UTC. */
  created_at: string
  /** When the endpoint last changed. RFC 3339, UTC. */
  updated_at: string
}

export type EnabledWebhookEndpoint = WebhookEndpointFields & {
  status: 'enabled'
  disabled_reason: null
}

export type DisabledWebhookEndpoint = WebhookEndpointFields & {
  status: 'disabled'
  /** `requested`: You, or your operator, disabled it. `gone`: It answered 410, which asks for no more events. Enable it again when it is back. `failing`: Every try of at least five days failed. Enable it again when your server takes events; what failed can be sent again in one call. */
  disabled_reason: 'requested' | 'gone' | 'failing'
}

/** A server of yours that events are sent to. */
export type WebhookEndpoint = EnabledWebhookEndpoint | DisabledWebhookEndpoint

/** A webhook endpoint with its secret, which is shown here alone. */
export type WebhookEndpointWithSecret = WebhookEndpoint & {
  /** Verifies the signatures (Standard Webhooks). Shown now and in replays of this request only: keep it. */
  secret: string
}

/** What is sent again. */
export type WebhookRedelivery = {
  /** What kind of object this is. */
  object: 'webhook_redelivery'
  /** The endpoint. */
  webhook_endpoint: string
  /** From when on. RFC 3339, UTC. */
  since: string
  /** Until when. RFC 3339, UTC. */
  until: string
  /** How many deliveries are sent again, the oldest of those that were there. */
  redelivered: number
  /** Whether more were there. Call again, with another idempotency key. */
  has_more: boolean
}

/** One request that was sent to your server, and its answer. */
export type WebhookTry = {
  /** What kind of object this is. */
  object: 'webhook_try'
  /** The try’s id. */
  id: string
  /** When it was sent. RFC 3339, UTC. */
  tried_at: string
  /** How long it took until the answer was read, in milliseconds. */
  took_ms: number
  /** The HTTP status of the answer; null when there was none. */
  status: number | null
  /** Why it was no delivery, in a word; null when it was one. */
  error: string | null
  /** The body was the event, as `GET /v1/events/{id}` shows it; the signature is not kept. */
  request: {
    /** Where it was sent. */
    url: string
    /** The header `webhook-id`: the event’s id. */
    webhook_id: string
    /** The header `webhook-timestamp`, in Unix seconds. */
    webhook_timestamp: string
  }
  /** What your server answered; null when nothing came. */
  answer: {
    /** Its `Content-Type`. */
    content_type: string | null
    /** Its first 1024 characters at most; null when it is not text. The digits of what looks like a card number are replaced by 1. */
    body: string | null
    /** Whether it was longer than that. */
    body_is_cut: boolean
  } | null
}

export type DeclineCode =
  | 'card_declined'
  | 'insufficient_funds'
  | 'limit_exceeded'
  | 'do_not_honor'
  | 'expired_card'
  | 'incorrect_number'
  | 'incorrect_cvc'
  | 'lost_card'
  | 'stolen_card'
  | 'suspected_fraud'
  | 'card_not_supported'
  | 'currency_not_supported'
  | 'issuer_unavailable'
  | 'authentication_failed'
  | 'token_invalid'
  | 'rejected_by_psp'
  | 'not_executed'
  | 'refund_declined'
  | 'processing_error'

/** What each type of event is about: the type of its `data.object`. */
export type EventObjects = {
  /** The shopper must act. Send the shopper’s browser to `next_action.url`, unless it is there already. */
  'charge.requires_action': RequiresActionCharge
  /** The funds are held; no money has moved. Capture or cancel the charge before the hold lapses. */
  'charge.authorized': AuthorizedCharge
  /** The money is moving to you. Deliver, after comparing `amount_captured` and `currency` with the order. A payment session with automatic capture is delivered on `payment_session.completed` instead; with the flag `paid_after_session_end`, see below. */
  'charge.captured': CapturedCharge
  /** The charge failed, and no money moved; `failure` says why. Offer another card. In a payment session the shopper may be trying one already: wait for the session’s own events. */
  'charge.failed': FailedCharge
  /** The charge ended without money; `cancellation_reason` says why. Do not deliver. Offer to pay again if the order still stands. */
  'charge.canceled': CanceledCharge
  /** A refund of the charge succeeded; `amount_refunded` is the new total. Nothing, if you act on `refund.succeeded`. */
  'charge.refunded': Charge
  /** A capture or a cancel did not happen, a flag was added, or the card or the network’s id of the payment became known; `status` is what it was. Look at `flags`. When `pending` is null again, you may capture or cancel with a new idempotency key. */
  'charge.updated': Charge
  /** A refund was made and its amount reserved. Wait for `refund.succeeded` or `refund.failed`. */
  'refund.created': Refund
  /** The money was given back. Tell the shopper. */
  'refund.succeeded': SucceededRefund
  /** The refund failed, and nothing was given back; `failure` says why. Refund again with a new idempotency key, or give the money back another way. */
  'refund.failed': FailedRefund
  /** The shopper’s bank asks about a payment. No money has moved. Answer at the PSP before `evidence_due_by`, or refund the charge: that may spare you the dispute. */
  'dispute.inquiry': Dispute
  /** The shopper disputes a payment with their bank, which takes the money back for the time being. Do not refund the charge as well. Send evidence at the PSP before `evidence_due_by`, or let it go. */
  'dispute.opened': Dispute
  /** The amount, the reason or the time for evidence of a dispute changed; `status` is what it was. Look at `evidence_due_by`. */
  'dispute.updated': Dispute
  /** The dispute was decided for you, and the money is yours again; or an inquiry was closed without a dispute. Nothing. At some PSPs the bank can charge back a second time: `dispute.lost` follows then. */
  'dispute.won': Dispute
  /** The dispute was decided for the shopper, or you let it go. The money is gone. Book the loss. The charge stays as it is, and what was disputed must not be refunded as well. */
  'dispute.lost': Dispute
  /** The session was paid, or with manual capture: the funds are held. `charge` names the charge. With `capture_method: "automatic"` deliver, after comparing `amount` and `currency` with the order. With `"manual"` capture, and deliver on `charge.captured`. */
  'payment_session.completed': CompletedPaymentSession
  /** The session’s time was over, or you expired it; nothing can be paid with it any more. Release the order, or offer a new session. */
  'payment_session.expired': ExpiredPaymentSession
  /** The shopper pressed cancel. Release the order, or offer a new session. */
  'payment_session.canceled': CanceledPaymentSession
  /** Somebody seems to try out stolen cards at your shop. What explains it is not tried until `until`: `subject` and `value` say what, `figures` why. Protect your checkout, for example with a CAPTCHA, and send `customer_ip` with your charges. If it is no attack, ask your operator to lift the block. */
  'card_testing.suspected': CardTestingBlock
  /** FinCore disabled an endpoint of yours; `disabled_reason` says why. Not sent for one that you disable yourself, and never to the endpoint itself. Mend the server behind it and enable it again. Then send what failed again in one call, and read what happened meanwhile at `/v1/events`. */
  'webhook_endpoint.disabled': DisabledWebhookEndpoint
  /** A test event that you asked for. Answer 2xx. */
  ping: WebhookEndpoint
}

export type EventType = keyof EventObjects

/** What a webhook endpoint can ask for: `*` is all, those of the future included. */
export type SubscribableEvent = '*' | Exclude<EventType, 'ping'>

/** Compare `type`, and TypeScript knows `data.object`. Ignore types that you do not know: more may come. */
export type FincoreEvent<Type extends EventType = EventType> = {
  [Each in Type]: {
    /** What kind of object this is. */
    object: 'event'
    /** The same in every try of a delivery, and the header `webhook-id`: do nothing for one that you have. */
    id: string
    /** What happened. Ignore types that you do not know. */
    type: Each
    /** When it happened. RFC 3339, UTC. */
    created_at: string
    /** Counts 1, 2, 3, … per object, without gaps. Ignore one that is lower than what you have applied. */
    sequence: number
    /** What it happened to. */
    data: { object: EventObjects[Each] }
  }
}[Type]
