import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { PspAccount, PspReply, PspRequest } from '../port.ts'
import type { Delivery } from './inbox.ts'

/** What a card shall do. A bench leaves out what its PSP cannot be made to do. */
export type CardThat =
  | 'approves'
  | 'needs the shopper'
  | 'has its capture fail'
  | 'has its refund fail'
  | 'has its refund pending'

export type TestCard = { number: string; cvc: string; expMonth: number; expYear: number }

export type Movement = {
  kind: 'authorization' | 'capture' | 'cancellation' | 'refund'
  amount: bigint
  currency: string
}

/** What a bench cannot do, and why; the suite says so where it would have checked with it. */
export type LeftOut = { leftOut: string }

/** A PSP's test environment, in which everything can be provoked that an adapter must understand. */
export type Bench = {
  account: PspAccount
  /** The same account with credentials that the PSP does not know. */
  strangersAccount: PspAccount
  send(request: PspRequest): Promise<PspReply>
  cards: Record<'approves' | 'needs the shopper', TestCard> & Partial<Record<CardThat, TestCard>>
  /** In the PSP's own form, and known to nobody. */
  unknown: { token: string; payment: string; session: string }
  /**
   * Whether the PSP refused a request for its form (a name, a type, something missing), and not for what it names or
   * the state of that. Left out where the PSP does not tell the two apart.
   */
  isMalformed?(reply: Extract<PspReply, { status: number }>): boolean
  /**
   * The body of a reply with a status that the PSP does not have today, in the form of those that it has: of whatever
   * payment, operation or session it is about. `replaceTexts` of rewriting.ts does it for JSON.
   */
  withNewStatus: ((body: string) => string) | LeftOut
  /** A true webhook once for each of some event types that the PSP does not have today, signed as the PSP signs. */
  withNewTypes: ((delivery: Delivery) => Delivery[]) | LeftOut
  /** What the shopper can do at the bank's page so that the PSP tells of it. */
  challengeAnswers: readonly ('confirm' | 'fail' | 'leave')[]
  /** It announces by webhook that a hosted session was closed. */
  tellsOfClosedSessions: boolean
  /** Its replies tell the first six digits of a card; where not, FinCore shows those that the card relay saw. */
  tellsFirst6: boolean
  /** It says of a session that it did not close that it was paid; otherwise only the look-up tells why. */
  saysWhyNotClosed: boolean
  /** Settings that may be missing, and those of which no text is wrong by its form. As `config.name`. */
  settings: { optional: readonly string[]; ofAnyForm: readonly string[] }
  /** What a webhook's signature covers at this PSP beside its events: every byte, and the time. */
  signatureCovers: { bytes: boolean; time: boolean }
  /** Every card that is declined, with FinCore's word for it. */
  declines: { card: TestCard; code: DeclineCode }[]
  /** Cards whose first reply under a key is lost or spoiled, whatever the PSP did; a repeat is answered as any other. */
  faults: { name: string; card: TestCard }[]
  makeToken(card: TestCard): Promise<string>
  /** @returns what the bank added to the return address, for `finishAction`. */
  answerChallenge(actionUrl: string, answer: 'confirm' | 'fail' | 'leave'): Promise<Record<string, string>>
  payHosted(url: string, card: TestCard): Promise<void>
  /**
   * What the bank really did under an authorize reference, captures and refunds of it included, oldest first. An
   * automatic capture is two movements: the authorization and the capture.
   */
  truth(reference: string): Promise<Movement[]>
  /** The webhooks that arrived so far, as they arrived. */
  deliveries(): Delivery[]
  close(): Promise<void>
}
