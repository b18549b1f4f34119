/** What goes wrong between the bank's decision and the caller; it hits the first call of an idempotency key only. */
export type Fault =
  | 'timeout_before'
  | 'timeout_after'
  | 'reset_before'
  | 'reset_after'
  | 'server_error_after'
  | 'garbled_reply'
  | 'slow_reply'
  | 'webhook_before_reply'

/** Why a card is declined: the error's code and, where there is one, the decline code ("Decline codes", Stripe). */
export type Decline = { code: string; declineCode: string | null; message: string; blocked?: true }

/** What a card does. */
export type Behaviour =
  | { do: 'approve' }
  | { do: 'decline'; decline: Decline }
  | { do: 'authenticate'; afterwards: Decline | null }
  | { do: 'refund'; how: 'fails' | 'pending_first' }
  | { do: 'fail_capture' }
  | { do: 'dispute'; reason: string; inquiry: boolean }
  | { do: 'fault'; fault: Fault }

export type TestCard = { number: string; name: string; funding: 'credit' | 'debit' | 'prepaid'; behaviour: Behaviour }

const declines = {
  generic: { code: 'card_declined', declineCode: 'generic_decline', message: 'Your card was declined.' },
  insufficientFunds: {
    code: 'card_declined',
    declineCode: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  lostCard: { code: 'card_declined', declineCode: 'lost_card', message: 'Your card was declined.' },
  stolenCard: { code: 'card_declined', declineCode: 'stolen_card', message: 'Your card was declined.' },
  velocity: {
    code: 'card_declined',
    declineCode: 'card_velocity_exceeded',
    message: 'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  },
  fraudulent: { code: 'card_declined', declineCode: 'fraudulent', message: 'Your card was declined.', blocked: true },
  expired: { code: 'expired_card', declineCode: null, message: 'Your card has expired.' },
  cvc: { code: 'incorrect_cvc', declineCode: null, message: "Your card's security code is incorrect." },
  processing: {
    code: 'processing_error',
    declineCode: null,
    message: 'An error occurred while processing your card. Try again in a little bit.',
  },
} as const satisfies Record<string, Decline>

/** The bank asked for an authentication that the request had ruled out. */
export const authenticationRequired: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
}

const approve: Behaviour = { do: 'approve' }
const card = <Name extends string>(
  number: string,
  name: Name,
  behaviour: Behaviour,
  funding: TestCard['funding'] = 'credit',
): TestCard & { name: Name } => ({
  number,
  name,
  funding,
  behaviour,
})
const declined = <Name extends string>(number: string, name: Name, decline: Decline) =>
  card(number, name, { do: 'decline', decline })
const fault = (number: string, name: Fault) => card(number, name, { do: 'fault', fault: name })

/**
 * Stripe's published test cards ("Testing", docs.stripe.com/testing) with the meaning they have there, and behind them some
 * of this stand-in's own, with the numbers and meanings that they have at FinCore's sandbox PSP. Any other valid number
 * is approved.
 */
export const testCards = [
  card('4242424242424242', 'visa', approve),
  card('4000056655665556', 'visa_debit', approve, 'debit'),
  card('5555555555554444', 'mastercard', approve),
  card('2223003122003222', 'mastercard_2_series', approve),
  card('5200828282828210', 'mastercard_debit', approve, 'debit'),
  card('5105105105105100', 'mastercard_prepaid', approve, 'prepaid'),
  card('378282246310005', 'amex', approve),
  card('371449635398431', 'amex_second', approve),
  card('6011111111111117', 'discover', approve),
  card('6011000990139424', 'discover_second', approve),
  card('3056930009020004', 'diners', approve),
  card('36227206271667', 'diners_14_digits', approve),
  card('3566002020360505', 'jcb', approve),
  card('6200000000000005', 'unionpay', approve),
  card('4000000000000077', 'available_at_once', approve),
  card('4000000000009235', 'elevated_risk', approve),

  declined('4000000000000002', 'generic_decline', declines.generic),
  declined('4000000000009995', 'insufficient_funds', declines.insufficientFunds),
  declined('4000000000009987', 'lost_card', declines.lostCard),
  declined('4000000000009979', 'stolen_card', declines.stolenCard),
  declined('4000000000000069', 'expired_card', declines.expired),
  declined('4000000000000127', 'incorrect_cvc', declines.cvc),
  declined('4000000000000119', 'processing_error', declines.processing),
  declined('4000000000006975', 'card_velocity_exceeded', declines.velocity),
  declined('4100000000000019', 'always_blocked', declines.fraudulent),

  card('4000002500003155', 'authenticate_unless_set_up', { do: 'authenticate', afterwards: null }),
  card('4000002760003184', 'always_authenticate', { do: 'authenticate', afterwards: null }),
  card('4000000000003220', 'three_d_secure_required', { do: 'authenticate', afterwards: null }),
  card('4000008400001629', 'three_d_secure_then_declined', { do: 'authenticate', afterwards: declines.generic }),
  card('4000008260003178', 'three_d_secure_then_insufficient_funds', {
    do: 'authenticate',
    afterwards: declines.insufficientFunds,
  }),
  card('4000000000003055', 'three_d_secure_supported', approve),

  card('4000000000007726', 'refund_pending', { do: 'refund', how: 'pending_first' }),
  card('4000000000005126', 'refund_fails', { do: 'refund', how: 'fails' }),
  card('4000000000000259', 'disputed_as_fraudulent', { do: 'dispute', reason: 'fraudulent', inquiry: false }),
  card('4000000000002685', 'disputed_as_not_received', {
    do: 'dispute',
    reason: 'product_not_received',
    inquiry: false,
  }),
  card('4000000000001976', 'inquiry', { do: 'dispute', reason: 'fraudulent', inquiry: true }),

  fault('4000000000010068', 'timeout_before'),
  fault('4000000000010076', 'timeout_after'),
  fault('4000000000010175', 'reset_before'),
  fault('4000000000010084', 'reset_after'),
  fault('4000000000010092', 'server_error_after'),
  fault('4000000000010100', 'garbled_reply'),
  fault('4000000000010118', 'slow_reply'),
  fault('4000000000010126', 'webhook_before_reply'),
  card('4000000000010167', 'capture_fails', { do: 'fail_capture' }),
] as const satisfies readonly TestCard[]

export type TestCardName = (typeof testCards)[number]['name']

/** What the card of a number does. */
export function behaviourOf(number: string): Behaviour {
  return testCards.find((row) => row.number === number)?.behaviour ?? approve
}

export function fundingOf(number: string): TestCard['funding'] {
  return testCards.find((row) => row.number === number)?.funding ?? 'credit'
}

/** The number of a test card by its name here, for tests. */
export function testCardNumber(name: string): string {
  const row = testCards.find((candidate) => candidate.name === name)
  if (!row) throw new Error(`There is no test card ${name}`)
  return row.number
}
