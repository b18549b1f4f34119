import type { ClientFields } from '@fincore/api-contract/answers'
import type { SendReport } from '@fincore/api-contract/card-door'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { CheckCode } from './check-codes.ts'
import type { PspName } from './registry.ts'

export type { PspName } from './registry.ts'

/**
 * The whole contract between FinCore and a PSP. An adapter builds requests and reads replies; it sends nothing itself,
 * so it cannot tell a card charge (sent by the card relay) from a token charge (sent by this process), and it can be
 * tested without a network. Having an optional group *is* the capability: there is no second list.
 */
export type Psp = {
  /** The name of its folder and of its line in registry.ts. */
  name: string
  /** It moves no money, so production uses it nowhere (PCI DSS 6.5.6). */
  isTest?: true
  /**
   * How long a movement may stay invisible to `lookUp` at this PSP; "not found" proves nothing before. It is what the
   * PSP documents: the conformance suite cannot test it, and only waits so long.
   */
  consistencyWindowMs: number
  /** False for an amount that it cannot express exactly, or in a currency that it does not take. Without it: any. */
  takesAmount?(amount: Money): boolean
  payments: PaymentOperations
  webhooks: WebhookIntake
  hostedSessions?: HostedSessions
  clientTokens?: ClientTokens
  rawCards?: RawCards
  reconciliation?: Reconciliation
  checks?: Checks
  /** What is wrong with an account's set-up, found when it is made and not at the till. Shape only; calls nobody. */
  preflight(account: PspAccount): Finding[]
  /** Which account at the PSP the settings name, as far as they tell. Never throws, and holds no secret. */
  identify(account: PspAccount): PspIdentity
}

/** An account of a merchant at a PSP, its credentials decrypted. Never logged, never serialised. */
export type PspAccount = {
  id: string
  merchantId: string
  psp: PspName
  name: string
  config: Readonly<Record<string, unknown>>
  credentials: Readonly<Record<string, string>>
}

/** A request that is ready to be sent, by this process or by the card relay. */
export type PspRequest = {
  method: 'GET' | 'POST' | 'PATCH'
  url: string
  headers: Record<string, string>
  body: string | null
}

/** What came back, or how it failed: the same shape whether this process or the card relay sent the request. */
export type PspReply = SendReport

export type Money = { amount: bigint; currency: string }

export type CardShown = {
  brand: string
  /** Null where the PSP does not tell it. */
  first6: string | null
  last4: string
  exp_month: number
  exp_year: number
}

/** The few words for what a PSP can say of an operation. Whatever is not understood is `unknown`, never a guess. */
export type Outcome =
  | {
      outcome: 'approved'
      /** The PSP's id: of the payment for an authorization, otherwise of the operation, or of the payment if it has none. */
      pspReference: string
      /** Of a payment what has been captured of it, 0 when it is held; of a capture its amount; of a cancel or refund 0. */
      captured: bigint
      card: CardShown | null
      /** The network's id of the payment, for later ones that the merchant begins. */
      networkTransactionId?: string
    }
  /** `pspReference` is null where the PSP names its payment only when the shopper is back. */
  | { outcome: 'action_required'; pspReference: string | null; actionUrl: string; card: CardShown | null }
  | {
      outcome: 'declined'
      pspReference: string | null
      code: DeclineCode
      pspCode: string | null
      card: CardShown | null
    }
  /** The PSP documents that it did not act: a bad request, bad credentials. */
  | { outcome: 'rejected'; code: DeclineCode; pspCode: string | null }
  /** The payment ended without money: the shopper left, or an authorization was canceled or lapsed at the PSP. */
  | { outcome: 'ended'; pspReference: string; reason: 'requested' | 'abandoned' | 'authorization_expired' }
  /** `tellsWithinMs`: the PSP has accepted it, and documents that it tells the result by webhook within this time. */
  | { outcome: 'unknown'; why: string; tellsWithinMs?: number }

/**
 * What a look-up found. `found: false` is proof only after the consistency window. `next`: nothing yet, and the answer is
 * complete only with the reply to this request too, as with a list of several pages.
 */
export type LookUpAnswer =
  | { found: false }
  | { found: true; outcome: Outcome }
  | { found: 'unknown'; why: string }
  | { found: 'next'; request: PspRequest }

/** One of our requests, of which a PSP is asked what became of it. */
export type Question = {
  kind: MoneyKind
  reference: string
  /** What was asked under the reference; a movement of another amount is not ours, and `unknown`. */
  amount?: Money
  /** The PSP's id of the payment; null for an authorization whose answer never came. */
  payment: string | null
  /** When it was sent, and when this is asked, by FinCore's clock. */
  sentAt: Date
  askedAt: Date
  /** The PSP has said that it has the request, and tells the result by itself (`tellsWithinMs`). */
  isAccepted?: true
}

/** Who pays, as far as the merchant says it; null for what it does not. */
export type Shopper = { address: string | null; email: string | null }

export type AuthorizeInput = {
  reference: string
  amount: Money
  captureMethod: 'automatic' | 'manual'
  returnUrl: string | null
  description: string | null
  /** Who began the payment: the shopper, or the merchant with a card on file. `null` where the flow says nothing of it. */
  initiator: 'customer' | 'merchant' | null
  /** The network's id of the payment by which the shopper agreed to later ones; with `initiator: 'merchant'`. */
  networkTransactionId: string | null
  /** A 3-D Secure authentication that the merchant made elsewhere. */
  threeDSecure: ExternalThreeDSecure | null
  /** For a PSP that judges the risk of a payment by it, or that sends it to the bank for 3-D Secure. */
  shopper?: Shopper
}

/** The result of a 3-D Secure authentication, as EMV 3DS (2.x) names its parts. */
export type ExternalThreeDSecure = {
  /** Electronic commerce indicator, two digits. */
  eci: string
  /** Cardholder authentication verification value, base64 of 20 bytes. */
  cavv: string
  /** The directory server's transaction id, a UUID. */
  dsTransactionId: string
  /** Of the protocol, such as `2.2.0`. */
  version: string
}

/**
 * An operation on a payment that the PSP has. `reference` is the attempt's id and the PSP's idempotency key. A cancel
 * releases the whole authorization: its amount need not be sent, nor compared.
 */
export type FollowUpInput = { reference: string; payment: string; amount: Money }

/** What a reply is held against. `mustName`: it may be of another payment, so one that does not say of which is `unknown`. */
export type Asked = { reference: string; amount: Money; mustName?: true }

export type AttemptKind = 'authorize' | 'capture' | 'cancel' | 'refund' | 'create_session' | 'expire_session'

export type PaymentOperations = {
  authorizeToken(account: PspAccount, input: AuthorizeInput & { token: string }): PspRequest
  capture(account: PspAccount, input: FollowUpInput): PspRequest
  cancel(account: PspAccount, input: FollowUpInput): PspRequest
  refund(account: PspAccount, input: FollowUpInput): PspRequest
  /**
   * Reads the reply to a request of this kind. Never throws: what it cannot read is `unknown`, and so is a reply that
   * names another reference, amount or currency than `asked`.
   */
  readReply(kind: 'authorize' | 'capture' | 'cancel' | 'refund', reply: PspReply, asked?: Asked): Outcome
  /**
   * Asks what became of one of our requests. Null where the PSP has no way to ask: its webhook tells. A PSP that
   * documents the repeat of a request under its idempotency key as that way may be asked so about a capture, cancel or
   * refund, which it then does if it never heard of it; never about an authorization.
   */
  lookUp(account: PspAccount, question: Question): PspRequest | null
  /** Never throws: what it cannot read is `unknown`. */
  readLookUp(account: PspAccount, question: Question, reply: PspReply): LookUpAnswer
  /**
   * Where the PSP does not go on by itself when the shopper comes back from their bank: the request that makes it do so,
   * from what the bank added to the return address. Its reply is read by `readReply('authorize')`, with `mustName`: what
   * the bank added may be another payment's. Null when the address holds nothing of the kind. A repeat must act once.
   */
  finishAction?(
    account: PspAccount,
    input: { reference: string; query: Readonly<Record<string, string>> },
  ): PspRequest | null
}

/**
 * A payment that the PSP made for a hosted session: a try of the shopper, declined ones too. By webhook each is a
 * `hosted_payment`, never an `attempt`; and `payments.lookUp` by the session's reference must not find it.
 */
export type HostedPayment = { pspReference: string; amount: Money; outcome: Outcome }

export type HostedSessionState =
  | {
      found: true
      pspReference: string
      url: string
      /**
       * `expired`: nobody can pay any more, because its time is over or `expire` closed it; who asked for that, FinCore
       * knows itself. `canceled` only where the PSP says that somebody else closed it, as the shopper on its page. A
       * webhook says the same of one session as the look-up does.
       */
      status: 'open' | 'completed' | 'expired' | 'canceled'
      payments: HostedPayment[]
    }
  | { found: false }
  | { found: 'unknown'; why: string }
  | { found: 'next'; request: PspRequest }

/** A session of ours at the PSP. `pspReference` is null when the answer to its making never came. */
export type SessionQuestion = { reference: string; pspReference: string | null; sentAt: Date }

export type HostedSessions = {
  create(
    account: PspAccount,
    input: {
      reference: string
      amount: Money
      captureMethod: 'automatic' | 'manual'
      returnUrl: string
      cancelUrl: string
      locale: string | null
      description: string | null
      customerEmail: string | null
      lineItems: { name: string; quantity: number; amount: bigint }[]
      expiresAt: Date
    },
  ): PspRequest
  readCreate(
    reply: PspReply,
  ):
    | { outcome: 'approved'; pspReference: string; url: string }
    | { outcome: 'rejected'; pspCode: string | null }
    | { outcome: 'unknown'; why: string }
  /** Null where the PSP has no way to ask; it is made again under the same key then, which gives the same page. */
  lookUp(account: PspAccount, question: SessionQuestion): PspRequest | null
  readLookUp(account: PspAccount, question: SessionQuestion, reply: PspReply): HostedSessionState
  /**
   * Closes a session. `reference` is the id of the closing itself, not the session's, and the same for every try to
   * close: where a PSP answers a repeated key with its first answer, which may have been an error, take another key.
   */
  expire(account: PspAccount, input: { reference: string; pspReference: string }): PspRequest
  /** `completed`: it was paid before it could be closed. */
  readExpire(reply: PspReply): 'closed' | 'completed' | 'unknown'
}

export type ClientTokens = {
  /**
   * What `@fincore/browser` needs to draw this PSP's card fields. Public, so nothing secret is in it. A PSP whose fields
   * are a page in a frame that speaks the messages of docs/card-fields.md is of kind `iframe`, and needs no change there.
   * Null for an account that is not set up to show fields.
   */
  fields(account: PspAccount): ClientFields | null
}

export type RawCards = {
  /** The PSP enables raw cards for an account on request only; an operator confirms that it did. */
  needsConfirmation?: true
  /** It takes the result of a 3-D Secure authentication that was made elsewhere. */
  takesThreeDSecure?: true
  /** It takes payments that the merchant begins with a card on file. */
  takesMerchantInitiated?: true
  /**
   * The body has `{{card.number}}` once and `{{card.cvc}}` at most once, and not for a payment that the merchant begins:
   * a card on file has no security code. Nothing else of the request has a placeholder.
   */
  authorizeCard(
    account: PspAccount,
    input: AuthorizeInput & { expMonth: number; expYear: number; holderName: string | null },
  ): PspRequest
  /**
   * What `readReply` needs of the reply, as dotted paths through objects: the card relay reports these values, and puts
   * stars and zeros in the place of all others. No free text, and nothing that repeats the card: its first six and last
   * four digits may be in a field of their own, its whole number in none. At most 64.
   */
  replyFields: readonly string[]
}

/** Something that a PSP told us, in FinCore's words. */
export type PspEvent = {
  /** The PSP's id of the event; a repeat has the same. */
  id: string
  type: string
  about: /** One of our attempts, by our reference; of an authorization that has ended, also by that of its page. */
    | {
        kind: 'attempt'
        reference: string
        attemptKind: 'authorize' | 'capture' | 'cancel' | 'refund'
        outcome: Outcome
        /** How much was held or moved, where the event tells; of another amount than was asked for it is not believed. */
        amount?: Money
      }
    /** A payment inside a hosted session; `reference` is the create_session attempt's id. */
    | { kind: 'hosted_payment'; reference: string; payment: HostedPayment }
    | { kind: 'hosted_session'; reference: string; status: 'expired' | 'canceled' }
    /** Nothing that FinCore acts on, and known to be so. */
    | { kind: 'nothing' }
    /** A shopper disputes a payment with their bank. `payment` is the PSP's id of the payment. */
    | { kind: 'dispute'; payment: string; dispute: Dispute }
    /** A type that the adapter has no rule for: an operator sees it, because money may have moved. */
    | { kind: 'unforeseen'; reference: string | null }
}

export type Dispute = {
  /** The PSP's id of the dispute. */
  id: string
  /** `inquiry`: the bank asks, and no money has moved yet. */
  status: 'inquiry' | 'opened' | 'won' | 'lost'
  amount: Money
  /** The PSP's own word for why. */
  reason: string | null
  /** Until when evidence can be sent; null when there is no such time. */
  evidenceDueBy: Date | null
}

export type WebhookIntake = {
  /** What the PSP wants to read in the answer to a webhook that was taken; without it, `{"received":true}`. */
  accepted?: { contentType: string; body: string }
  /**
   * Checks the signature over the raw bytes and reads the events. Returns a refusal for anything forged, stale or
   * unreadable; `now` is passed in, because a signature is good for five minutes only.
   */
  verify(
    account: PspAccount,
    input: { body: Buffer; headers: Readonly<Record<string, string | string[] | undefined>>; now: Date },
  ): { ok: true; events: PspEvent[] } | { ok: false; why: string }
}

/** The requests that move money, or release it. */
export type MoneyKind = 'authorize' | 'capture' | 'cancel' | 'refund'

/** A movement as a PSP's own books have it, in FinCore's words: done, and not merely asked for. */
export type PspMovement = {
  kind: MoneyKind
  /** The PSP's id of the operation; of an authorization and of an automatic capture, the payment's. */
  pspReference: string
  /** The PSP's id of the payment. */
  payment: string
  /** Ours of this request; of an automatic capture, and of a payment in a hosted session, that of the payment. */
  reference: string
  /** Ours of the payment's request. */
  paymentReference: string
  amount: Money
  at: Date
}

/** A page of a PSP's list. */
export type MovementPage =
  | { found: true; movements: PspMovement[]; next: string | null; completeUntil: Date }
  | { found: 'unknown'; why: string }

/** A line of a settlement file. Amounts are positive for captures and refunds alike; `net` is as the file has it. */
export type SettlementLine = {
  kind: 'capture' | 'refund'
  reference: string
  payment: string
  amount: Money
  fee: bigint
  net: bigint
  at: Date
}

/** What FinCore's books are compared with. */
export type Reconciliation = {
  /** `from` is inclusive and `to` is not; oldest first, a page of at most 500. `cursor` is `next` of the page before. */
  list(account: PspAccount, window: { from: Date; to: Date; cursor: string | null }): PspRequest
  /** Never throws: what it cannot read whole is `unknown`. */
  readList(reply: PspReply): MovementPage
  /**
   * Reads a settlement file as it comes, in little memory, and the day that it is of. Everything that the file says of
   * itself (counts, sums, its end) is checked; the lines before a fault were given already.
   *
   * @throws SettlementFileError, which names the line and quotes nothing of it.
   */
  readSettlementFile?(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<SettlementLine, { day: string }>
}

/**
 * What stays as it is while an account's credentials are changed: its payments, and the idempotency keys of what is in
 * doubt, are at this account and in this mode. Each by its field, such as `config.environment`.
 */
export type PspIdentity = {
  /** Whether it moves money, and the setting that says so. */
  mode: { field: string; isLive: boolean }
  /** Where the account is and what it is called there; the empty text for what is not given. */
  marks: Readonly<Record<string, string>>
}

export type Finding = { severity: 'error' | 'warning'; field: string; message: string }

/** What the PSP itself says of an account's set-up: found out by `fincore psp check`, and not at the till. */
export type Checks = {
  /** @param setUp `webhookUrl`: where FinCore takes this account's webhooks. */
  list(account: PspAccount, setUp: { webhookUrl: string; environment: 'sandbox' | 'production' }): Check[]
  /**
   * Tells whether credentials are of the account that made a payment: it is asked for with them, which changes nothing.
   * Left out where the settings name the account (`identify`) and every request says it.
   */
  ownPayment?: {
    /** Null for an id of a kind that cannot be asked for. */
    request(account: PspAccount, payment: string): PspRequest | null
    /** Never throws. `not_seen` only where the PSP documents that it knows no such payment, or does not know the key. */
    read(payment: string, reply: PspReply): 'seen' | 'not_seen' | 'unknown'
  }
}

/**
 * One question to the PSP, by a request that changes nothing there. What a PSP cannot be asked has no request, and its
 * findings say so. A call that failed, and a 5xx, are never read: they are `psp_not_reached`.
 */
export type Check = { name: string } & (
  | {
      request: PspRequest
      /** Never throws: what it cannot read is `reply_not_understood`, and never a finding that is `ok`. */
      read(reply: Extract<PspReply, { status: number }>): CheckFinding[]
    }
  | { request: null; findings: CheckFinding[] }
)

/** `detail`: one sentence of what only this account has. It quotes no credential and no reply. */
export type CheckFinding = { code: CheckCode; detail?: string }
