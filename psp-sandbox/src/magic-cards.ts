import type { CardBrand } from './card-brands.ts'

/** Why a bank says no. The API's `decline.code` is one of these. */
export const declineMessages = {
  insufficient_funds: 'The card has insufficient funds.',
  do_not_honor: 'The bank does not honor the payment.',
  expired_card: 'The card has expired.',
  incorrect_cvc: 'The security code is incorrect.',
  lost_card: 'The card was reported lost.',
  stolen_card: 'The card was reported stolen.',
  suspected_fraud: 'The bank suspects fraud.',
  card_not_supported: 'The card is not supported.',
  currency_not_supported: 'The card does not support the currency.',
  limit_exceeded: 'The payment exceeds a limit of the card.',
  issuer_unavailable: 'The bank could not be reached.',
  processing_error: 'The bank could not process the payment.',
  generic: 'The card was declined.',
  authentication_failed: 'The cardholder could not be authenticated.',
} as const

export type DeclineCode = keyof typeof declineMessages

/** What goes wrong between the bank's decision and the caller; it hits the first call of an idempotency key only. */
export type Fault =
  | 'timeout_before'
  | 'timeout_after'
  | 'reset_after'
  | 'server_error_after'
  | 'garbled_reply'
  | 'slow_reply'
  | 'webhook_before_reply'

/** What a card does. Everything that is not a decline approves the payment in the end, but for the challenges that fail. */
export type Outcome =
  | { do: 'approve' }
  | { do: 'decline'; code: DeclineCode }
  | { do: 'challenge'; ends: 'as_the_shopper_decides' | 'failed' | 'abandoned' }
  | { do: 'fault'; fault: Fault }
  | { do: 'webhooks'; how: 'twice' | 'out_of_order' }
  | { do: 'approve_late' }
  | { do: 'refund'; how: 'fails' | 'pending_first' }
  | { do: 'fail_capture' }

type MagicCardRow = { name: string; number: string; brand: CardBrand; outcome: Outcome; description: string }

const approve = { do: 'approve' } as const

/**
 * Every card that means something here: the tests, the reference page and the answers all come from this table.
 * Numbers that are published test cards of other PSPs are used with the meaning they have there; the rest continue
 * the range 4000 0000 0001, which no bank issues.
 */
export const magicCards = [
  { name: 'visa', number: '4242424242424242', brand: 'visa', outcome: approve, description: 'Success' },
  { name: 'mastercard', number: '5555555555554444', brand: 'mastercard', outcome: approve, description: 'Success' },
  { name: 'amex', number: '378282246310005', brand: 'amex', outcome: approve, description: 'Success' },
  { name: 'discover', number: '6011111111111117', brand: 'discover', outcome: approve, description: 'Success' },
  { name: 'diners', number: '30569309025904', brand: 'diners', outcome: approve, description: 'Success' },
  { name: 'jcb', number: '3566002020360505', brand: 'jcb', outcome: approve, description: 'Success' },
  { name: 'unionpay', number: '6200000000000005', brand: 'unionpay', outcome: approve, description: 'Success' },
  { name: 'maestro', number: '6759649826438453', brand: 'maestro', outcome: approve, description: 'Success' },

  {
    name: 'declined',
    number: '4000000000000002',
    brand: 'visa',
    outcome: { do: 'decline', code: 'generic' },
    description: 'Declined without a reason',
  },
  {
    name: 'insufficient_funds',
    number: '4000000000009995',
    brand: 'visa',
    outcome: { do: 'decline', code: 'insufficient_funds' },
    description: 'Declined: insufficient funds',
  },
  {
    name: 'do_not_honor',
    number: '4000000000010019',
    brand: 'visa',
    outcome: { do: 'decline', code: 'do_not_honor' },
    description: 'Declined: do not honor',
  },
  {
    name: 'expired_card',
    number: '4000000000000069',
    brand: 'visa',
    outcome: { do: 'decline', code: 'expired_card' },
    description: 'Declined: the card has expired',
  },
  {
    name: 'incorrect_cvc',
    number: '4000000000000127',
    brand: 'visa',
    outcome: { do: 'decline', code: 'incorrect_cvc' },
    description: 'Declined: the security code is incorrect',
  },
  {
    name: 'lost_card',
    number: '4000000000009987',
    brand: 'visa',
    outcome: { do: 'decline', code: 'lost_card' },
    description: 'Declined: lost card',
  },
  {
    name: 'stolen_card',
    number: '4000000000009979',
    brand: 'visa',
    outcome: { do: 'decline', code: 'stolen_card' },
    description: 'Declined: stolen card',
  },
  {
    name: 'suspected_fraud',
    number: '4100000000000019',
    brand: 'visa',
    outcome: { do: 'decline', code: 'suspected_fraud' },
    description: 'Declined: suspected fraud',
  },
  {
    name: 'card_not_supported',
    number: '4000000000010027',
    brand: 'visa',
    outcome: { do: 'decline', code: 'card_not_supported' },
    description: 'Declined: the card is not supported',
  },
  {
    name: 'currency_not_supported',
    number: '4000000000010035',
    brand: 'visa',
    outcome: { do: 'decline', code: 'currency_not_supported' },
    description: 'Declined: the currency is not supported',
  },
  {
    name: 'limit_exceeded',
    number: '4000000000006975',
    brand: 'visa',
    outcome: { do: 'decline', code: 'limit_exceeded' },
    description: 'Declined: a limit of the card is exceeded',
  },
  {
    name: 'issuer_unavailable',
    number: '4000000000010043',
    brand: 'visa',
    outcome: { do: 'decline', code: 'issuer_unavailable' },
    description: 'Declined: the bank cannot be reached',
  },
  {
    name: 'processing_error',
    number: '4000000000000119',
    brand: 'visa',
    outcome: { do: 'decline', code: 'processing_error' },
    description: 'Declined: processing error',
  },

  {
    name: 'challenge',
    number: '4000002500003155',
    brand: 'visa',
    outcome: { do: 'challenge', ends: 'as_the_shopper_decides' },
    description: '3-D Secure: a challenge page, which ends as the shopper decides',
  },
  {
    name: 'challenge_failed',
    number: '4000008400001629',
    brand: 'visa',
    outcome: { do: 'challenge', ends: 'failed' },
    description: '3-D Secure: the challenge fails, even when the shopper confirms',
  },
  {
    name: 'challenge_abandoned',
    number: '4000000000010050',
    brand: 'visa',
    outcome: { do: 'challenge', ends: 'abandoned' },
    description: '3-D Secure: the challenge is abandoned by itself after 1 s',
  },

  {
    name: 'timeout_before',
    number: '4000000000010068',
    brand: 'visa',
    outcome: { do: 'fault', fault: 'timeout_before' },
    description: 'No answer for 60 s, then the connection is cut; nothing was done',
  },
  {
    name: 'timeout_after',
    number: '4000000000010076',
    brand: 'visa',
    outcome: { do: 'fault', fault: 'timeout_after' },
    description: 'Approved, but no answer for 60 s, then the connection is cut',
  },
  {
    name: 'reset_after',
    number: '4000000000010084',
    brand: 'visa',
    outcome: { do: 'fault', fault: 'reset_after' },
    description: 'Approved, but the connection is cut at once',
  },
  {
    name: 'server_error_after',
    number: '4000000000010092',
    brand: 'visa',
    outcome: { do: 'fault', fault: 'server_error_after' },
    description: 'Approved, but the answer is 500',
  },
  {
    name: 'garbled_reply',
    number: '4000000000010100',
    brand: 'visa',
    outcome: { do: 'fault', fault: 'garbled_reply' },
    description: 'Approved, but the answer is broken JSON',
  },
  {
    name: 'slow_reply',
    number: '4000000000010118',
    brand: 'visa',
    outcome: { do: 'fault', fault: 'slow_reply' },
    description: 'Approved; the answer comes after 3 s',
  },
  {
    name: 'webhook_before_reply',
    number: '4000000000010126',
    brand: 'visa',
    outcome: { do: 'fault', fault: 'webhook_before_reply' },
    description: 'Approved; the webhook is delivered before the answer',
  },

  {
    name: 'webhook_twice',
    number: '4000000000010134',
    brand: 'visa',
    outcome: { do: 'webhooks', how: 'twice' },
    description: 'Approved; every webhook of the payment is delivered twice',
  },
  {
    name: 'webhooks_out_of_order',
    number: '4000000000010142',
    brand: 'visa',
    outcome: { do: 'webhooks', how: 'out_of_order' },
    description: 'Approved; `payment.authorized` is delivered late, after `payment.captured`',
  },
  {
    name: 'late_success',
    number: '4000000000010159',
    brand: 'visa',
    outcome: { do: 'approve_late' },
    description: 'In a checkout: approved 1 s after the session expired. Elsewhere: success',
  },

  {
    name: 'refund_fails',
    number: '4000000000005126',
    brand: 'visa',
    outcome: { do: 'refund', how: 'fails' },
    description: 'Success; every refund fails',
  },
  {
    name: 'refund_pending',
    number: '4000000000007726',
    brand: 'visa',
    outcome: { do: 'refund', how: 'pending_first' },
    description: 'Success; a refund is pending and succeeds after 2 s',
  },
  {
    name: 'capture_fails',
    number: '4000000000010167',
    brand: 'visa',
    outcome: { do: 'fail_capture' },
    description: 'Success; with manual capture, the capture fails',
  },
] as const satisfies readonly MagicCardRow[]

export type MagicCardName = (typeof magicCards)[number]['name']

const byNumber = new Map<string, MagicCardRow>(magicCards.map((row) => [row.number, row]))
const byName = new Map<string, MagicCardRow>(magicCards.map((row) => [row.name, row]))

/** The row of a card number, or null for a number without a meaning of its own, which succeeds. */
export function findMagicCard(number: string): MagicCardRow | null {
  return byNumber.get(number) ?? null
}

/** What a payment's card does, by the name that the ledger keeps in place of its number. */
export function outcomeNamed(name: string | null): Outcome {
  return (name === null ? undefined : byName.get(name)?.outcome) ?? approve
}

/** The number of a magic card, for tests: `magicCardNumber('timeout_after')`. */
export function magicCardNumber(name: MagicCardName): string {
  const row = byName.get(name)
  if (!row) throw new Error(`there is no magic card ${name}`)
  return row.number
}
