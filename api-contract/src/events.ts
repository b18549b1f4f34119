export type EventObject =
  | 'charge'
  | 'refund'
  | 'dispute'
  | 'payment_session'
  | 'webhook_endpoint'
  | 'card_testing_block'

/** What a type of event is about, what it says, and what a merchant's server does then. */
type EventRow = {
  /** The type of `data.object`, which is the whole object as it was at that moment. */
  object: EventObject
  meaning: string
  action: string
}

/** Every type of event that FinCore sends to merchants. `docs/events.md`, `/docs/events` and openapi.json are made from it. */
export const eventTypes = {
  'charge.requires_action': {
    object: 'charge',
    meaning: 'The shopper must act.',
    action: 'Send the shopper’s browser to `next_action.url`, unless it is there already.',
  },
  'charge.authorized': {
    object: 'charge',
    meaning: 'The funds are held; no money has moved.',
    action: 'Capture or cancel the charge before the hold lapses.',
  },
  'charge.captured': {
    object: 'charge',
    meaning: 'The money is moving to you.',
    action:
      'Deliver, after comparing `amount_captured` and `currency` with the order. A payment session with automatic capture is delivered on `payment_session.completed` instead; with the flag `paid_after_session_end`, see below.',
  },
  'charge.failed': {
    object: 'charge',
    meaning: 'The charge failed, and no money moved; `failure` says why.',
    action:
      'Offer another card. In a payment session the shopper may be trying one already: wait for the session’s own events.',
  },
  'charge.canceled': {
    object: 'charge',
    meaning: 'The charge ended without money; `cancellation_reason` says why.',
    action: 'Do not deliver. Offer to pay again if the order still stands.',
  },
  'charge.refunded': {
    object: 'charge',
    meaning: 'A refund of the charge succeeded; `amount_refunded` is the new total.',
    action: 'Nothing, if you act on `refund.succeeded`.',
  },
  'charge.updated': {
    object: 'charge',
    meaning:
      'A capture or a cancel did not happen, a flag was added, or the card or the network’s id of the payment became known; `status` is what it was.',
    action: 'Look at `flags`. When `pending` is null again, you may capture or cancel with a new idempotency key.',
  },
  'refund.created': {
    object: 'refund',
    meaning: 'A refund was made and its amount reserved.',
    action: 'Wait for `refund.succeeded` or `refund.failed`.',
  },
  'refund.succeeded': {
    object: 'refund',
    meaning: 'The money was given back.',
    action: 'Tell the shopper.',
  },
  'refund.failed': {
    object: 'refund',
    meaning: 'The refund failed, and nothing was given back; `failure` says why.',
    action: 'Refund again with a new idempotency key, or give the money back another way.',
  },
  'dispute.inquiry': {
    object: 'dispute',
    meaning: 'The shopper’s bank asks about a payment. No money has moved.',
    action: 'Answer at the PSP before `evidence_due_by`, or refund the charge: that may spare you the dispute.',
  },
  'dispute.opened': {
    object: 'dispute',
    meaning: 'The shopper disputes a payment with their bank, which takes the money back for the time being.',
    action: 'Do not refund the charge as well. Send evidence at the PSP before `evidence_due_by`, or let it go.',
  },
  'dispute.updated': {
    object: 'dispute',
    meaning: 'The amount, the reason or the time for evidence of a dispute changed; `status` is what it was.',
    action: 'Look at `evidence_due_by`.',
  },
  'dispute.won': {
    object: 'dispute',
    meaning:
      'The dispute was decided for you, and the money is yours again; or an inquiry was closed without a dispute.',
    action: 'Nothing. At some PSPs the bank can charge back a second time: `dispute.lost` follows then.',
  },
  'dispute.lost': {
    object: 'dispute',
    meaning: 'The dispute was decided for the shopper, or you let it go. The money is gone.',
    action: 'Book the loss. The charge stays as it is, and what was disputed must not be refunded as well.',
  },
  'payment_session.completed': {
    object: 'payment_session',
    meaning: 'The session was paid, or with manual capture: the funds are held. `charge` names the charge.',
    action:
      'With `capture_method: "automatic"` deliver, after comparing `amount` and `currency` with the order. With `"manual"` capture, and deliver on `charge.captured`.',
  },
  'payment_session.expired': {
    object: 'payment_session',
    meaning: 'The session’s time was over, or you expired it; nothing can be paid with it any more.',
    action: 'Release the order, or offer a new session.',
  },
  'payment_session.canceled': {
    object: 'payment_session',
    meaning: 'The shopper pressed cancel.',
    action: 'Release the order, or offer a new session.',
  },
  'card_testing.suspected': {
    object: 'card_testing_block',
    meaning:
      'Somebody seems to try out stolen cards at your shop. What explains it is not tried until `until`: `subject` and `value` say what, `figures` why.',
    action:
      'Protect your checkout, for example with a CAPTCHA, and send `customer_ip` with your charges. If it is no attack, ask your operator to lift the block.',
  },
  'webhook_endpoint.disabled': {
    object: 'webhook_endpoint',
    meaning:
      'FinCore disabled an endpoint of yours; `disabled_reason` says why. Not sent for one that you disable yourself, and never to the endpoint itself.',
    action:
      'Mend the server behind it and enable it again. Then send what failed again in one call, and read what happened meanwhile at `/v1/events`.',
  },
  ping: {
    object: 'webhook_endpoint',
    meaning: 'A test event that you asked for.',
    action: 'Answer 2xx.',
  },
} as const satisfies Record<string, EventRow>

export type EventType = keyof typeof eventTypes
