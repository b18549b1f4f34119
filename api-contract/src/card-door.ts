/**
 * The internal socket between the card relay and the payment service: card facts go up, instructions come down,
 * and a card number never crosses it. The relay imports types alone from here, as from every other workspace; the one
 * value, `cardBrandNames`, is for the payment service.
 *
 * Every call is `POST` with `Authorization: Bearer <internal token>` and a JSON body, on the payment service's
 * internal listener. An answer other than 200 means that the payment service could not decide: the relay then
 * refuses (`service_unavailable`) before the card was sent, or leaves the attempt to the look-up after it was.
 */

/** What the relay knows of a caller before it has read one byte of the body. */
export type Caller = {
  /** SHA-256 of the API key after `Bearer `, in lowercase hex; null when the header is missing or not of that form. */
  keyDigest: string | null
  /** SHA-256 of the client certificate's DER, in lowercase hex; null when the client sent none. */
  certificateFingerprint: string | null
  /** The peer's address as the socket (or the load balancer, when so configured) gives it. */
  sourceAddress: string
}

/** An RFC 9457 answer, ready to be sent. */
export type Reply = { status: number; headers: Record<string, string>; body: string }

/**
 * `POST /internal/admission`, asked before the body is read. An *admit* may be remembered for 4 s, never longer: a
 * revocation must close the route within 5 s, and the payment service needs up to one of them to learn of it.
 */
export type AdmissionRequest = { requestId: string; caller: Caller }
export type AdmissionAnswer =
  | {
      decision: 'admit'
      /**
       * Keys of `metadata` in whose own texts a number that looks like a card's is let through, because an operator has
       * exempted them for the merchant: at most 16, each of at most 40 letters, digits, `_`, `.` and `-`.
       */
      exemptKeys: string[]
    }
  | { decision: 'refuse'; reply: Reply }

export const cardBrandNames = [
  'visa',
  'mastercard',
  'amex',
  'discover',
  'diners',
  'jcb',
  'unionpay',
  'maestro',
  'unknown',
] as const
export type CardBrand = (typeof cardBrandNames)[number]

/** All that FinCore ever learns of a card number: PCI DSS 3.4.1 allows the first six and the last four digits. */
export type CardFacts = {
  brand: CardBrand
  first6: string
  last4: string
  length: number
  luhnOk: boolean
  cvcLength: number
}

/**
 * How long something took in the relay, in milliseconds. The payment service makes spans of a trace of it, and the
 * answer's `Server-Timing`; nothing is decided by it, and an older relay leaves it out.
 */
export type Duration = number

/** `POST /internal/card_charges`: the request with the card's number and code overwritten, and the facts beside it. */
export type CardChargeRequest = {
  requestId: string
  caller: Caller
  /** The `Idempotency-Key` header as it was received; null when missing. */
  idempotencyKey: string | null
  /** The JSON text of the body; every byte of the number and of the code is replaced by `*`. */
  blankedBody: string
  card: CardFacts
  /** Since the merchant's request began, and since it was admitted. */
  elapsedMs?: Duration
  readMs?: Duration
}

/**
 * `POST /internal/stray_numbers`, for the audit log: the relay has refused an admitted caller's charge, because another
 * card number than the card's own stands in its body. `param` is the body's field, where its name is one of letters and
 * underscores; nothing else of the body is told.
 */
export type StrayNumberReport = { requestId: string; caller: Caller; param: string | null }
export type StrayNumberAnswer = { taken: true }

/** What the relay does next. The conversation ends with `reply`. */
export type Instruction =
  | { do: 'reply'; reply: Reply }
  | {
      do: 'send'
      /** The attempt's id, `att_…`. The report is posted to `/internal/card_charges/{attempt}/report`. */
      attempt: string
      /** An absolute `https:` URL; the relay sends only to origins of its own allow-list. */
      to: string
      method: 'POST'
      headers: Record<string, string>
      /** The request's body with `{{card.number}}` once and `{{card.cvc}}` at most once; nowhere else is a placeholder. */
      body: string
      /** How long to wait for the PSP's whole reply. */
      timeoutMs: number
      /**
       * The dotted paths of the values that may be reported of the PSP's reply, such as `decline.code`; at most 64, each of
       * at most 8 names. A path leads through objects, not through arrays.
       */
      replyFields: string[]
    }

/**
 * `POST /internal/card_charges/{attempt}/report`: what the PSP answered, or how the call failed. Of a card's charge the
 * body has its shape and the values at `replyFields`; every other key and text is overwritten with `*`, every other
 * number is 0. It is empty when the reply was no JSON object, and `headers` are none.
 */
export type SendReport =
  | { status: number; headers: Record<string, string>; body: string }
  | {
      /** `refused`: no connection, or the relay itself would not send (origin, template); `tls`: no trusted handshake. */
      failure: 'refused' | 'reset' | 'timeout' | 'tls'
      /** False only when it is certain that not one byte of the request left; then the PSP cannot have acted. */
      requestWasSent: boolean
    }

/** What is posted: the report, whose charge it is of, and how long it took. */
export type CardChargeReport = SendReport & {
  requestId?: string
  /** Since the merchant's request began; and what of it was spent on sends, this one and earlier ones. */
  elapsedMs?: Duration
  pspMs?: Duration
}
