import type { RefusalCode } from './refusals.ts'

/** What goes wrong between Adyen's decision and the caller; it hits the first call under an idempotency key only. */
export type Fault =
  | 'reset_before'
  | 'timeout_before'
  | 'timeout_after'
  | 'reset_after'
  | 'server_error_after'
  | 'garbled_reply'
  | 'slow_reply'
  | 'webhook_before_reply'

export type Behaviour =
  | { do: 'approve' }
  | { do: 'refuse'; code: RefusalCode }
  | { do: 'challenge'; ends: 'as_the_shopper_decides' | 'failed' }
  | { do: 'fault'; fault: Fault }
  /** Of a capture, cancellation or refund; the payment is approved. */
  | { do: 'follow_up_fault'; fault: Fault }
  | { do: 'webhooks_twice' }
  /** `refused`: the webhook says `success: false`. `fails_later`: it says true, and `…_FAILED` follows. */
  | { do: 'capture' | 'refund'; how: 'refused' | 'fails_later' | 'slow' }

export type TestCard = { name: string; number: string; behaviour: Behaviour; description: string }

const approve = { do: 'approve' } as const
const challenge = { do: 'challenge', ends: 'as_the_shopper_decides' } as const

/** Adyen's published “Test card numbers”. Adyen wants CVC 737 and 03/2030; here any fitting code and future date will do. */
const published: readonly [name: string, number: string, behaviour: Behaviour, description: string][] = [
  ['visa', '4111111111111111', approve, 'Success'],
  ['visa_corporate', '4444333322221111', approve, 'Success'],
  ['visa_debit', '4111111145551142', approve, 'Success'],
  ['visa_classic', '4988438843884305', approve, 'Success'],
  ['visa_consumer', '4166676667666746', approve, 'Success'],
  ['visa_consumer_pl', '4646464646464644', approve, 'Success'],
  ['visa_hk', '4400000000000008', approve, 'Success'],
  ['visa_credit', '4977949494949497', approve, 'Success'],
  ['mastercard', '5555555555554444', approve, 'Success'],
  ['mastercard_consumer', '5577000055770004', approve, 'Success'],
  ['mastercard_credit', '5136333333333335', approve, 'Success'],
  ['mastercard_2_series', '2222400070000005', approve, 'Success'],
  ['mastercard_debit', '5555341244441115', approve, 'Success'],
  ['amex', '370000000000002', approve, 'Success'],
  ['jcb', '3569990010095841', approve, 'Success'],
  ['diners', '36006666333344', approve, 'Success'],
  ['discover', '6011601160116611', approve, 'Success'],
  ['unionpay', '6243030000000001', approve, 'Success'],
  ['maestro', '6771798021000008', approve, 'Success'],
  ['challenge', '4917610000000000', challenge, '3-D Secure 2: ends as the shopper decides'],
  ['challenge_redirect', '4212345678901245', challenge, '3-D Secure by redirect: ends as the shopper decides'],
  ['challenge_mastercard', '5454545454545454', challenge, '3-D Secure 2: ends as the shopper decides'],
  ['challenge_amex', '371449635398431', challenge, '3-D Secure 2: ends as the shopper decides'],
]

const refuse = (code: RefusalCode): Behaviour => ({ do: 'refuse', code })
const fault = (name: Fault): Behaviour => ({ do: 'fault', fault: name })

/**
 * Adyen decides a test by the card holder's name; here the number alone can, too. Numbers that other PSPs publish have the
 * meaning that they have there, and the rest continue the range 4000 0000 0001, which no bank issues.
 */
const own: typeof published = [
  ['visa_4242', '4242424242424242', approve, 'Success'],
  ['amex_3782', '378282246310005', approve, 'Success'],
  ['discover_6011', '6011111111111117', approve, 'Success'],
  ['diners_3056', '30569309025904', approve, 'Success'],
  ['jcb_3566', '3566002020360505', approve, 'Success'],
  ['unionpay_6200', '6200000000000005', approve, 'Success'],
  ['maestro_6759', '6759649826438453', approve, 'Success'],
  ['refused', '4000000000000002', refuse('2'), 'Refused without a reason'],
  ['not_enough_balance', '4000000000009995', refuse('12'), 'Refused: not enough balance'],
  ['declined_non_generic', '4000000000010019', refuse('27'), 'Refused: declined, non generic'],
  ['expired_card', '4000000000000069', refuse('6'), 'Refused: expired card'],
  ['cvc_declined', '4000000000000127', refuse('24'), 'Refused: CVC declined'],
  ['blocked_card', '4000000000009979', refuse('5'), 'Refused: blocked card'],
  ['fraud', '4100000000000019', refuse('20'), 'Refused: fraud'],
  ['issuer_suspected_fraud', '4000000000009987', refuse('31'), 'Refused: the issuer suspects fraud'],
  ['not_permitted', '4000000000010027', refuse('23'), 'Refused: transaction not permitted'],
  ['not_supported', '4000000000010035', refuse('10'), 'Refused: not supported'],
  ['amount_exceeded', '4000000000006975', refuse('28'), 'Refused: withdrawal amount exceeded'],
  ['issuer_unavailable', '4000000000010043', refuse('9'), 'Refused: issuer unavailable'],
  ['acquirer_error', '4000000000000119', refuse('4'), 'Error: acquirer error'],
  ['challenge_4000', '4000002500003155', challenge, '3-D Secure: ends as the shopper decides'],
  [
    'challenge_fails',
    '4000008400001629',
    { do: 'challenge', ends: 'failed' },
    '3-D Secure: fails, even when the shopper confirms',
  ],
  ['reset_before', '4000000000010175', fault('reset_before'), 'The connection is cut; nothing was done'],
  [
    'timeout_before',
    '4000000000010068',
    fault('timeout_before'),
    'No answer, then the connection is cut; nothing was done',
  ],
  ['timeout_after', '4000000000010076', fault('timeout_after'), 'Approved, but no answer, then the connection is cut'],
  ['reset_after', '4000000000010084', fault('reset_after'), 'Approved, but the connection is cut at once'],
  ['server_error_after', '4000000000010092', fault('server_error_after'), 'Approved, but the answer is 500'],
  ['garbled_reply', '4000000000010100', fault('garbled_reply'), 'Approved, but the answer is broken JSON'],
  ['slow_reply', '4000000000010118', fault('slow_reply'), 'Approved; the answer comes late'],
  [
    'webhook_before_reply',
    '4000000000010126',
    fault('webhook_before_reply'),
    'Approved; the webhook is delivered before the answer',
  ],
  ['webhooks_twice', '4000000000010134', { do: 'webhooks_twice' }, 'Approved; every webhook is delivered twice'],
  [
    'follow_up_lost',
    '4000000000010183',
    { do: 'follow_up_fault', fault: 'reset_after' },
    'Approved; the answer to a capture, cancellation or refund is lost, which is done',
  ],
  ['capture_refused', '4000000000010167', { do: 'capture', how: 'refused' }, 'Approved; a capture is not successful'],
  [
    'capture_fails_later',
    '4000000000010191',
    { do: 'capture', how: 'fails_later' },
    'Approved; a capture is successful, and then CAPTURE_FAILED',
  ],
  ['refund_refused', '4000000000005126', { do: 'refund', how: 'refused' }, 'Approved; a refund is not successful'],
  [
    'refund_fails_later',
    '4000000000010209',
    { do: 'refund', how: 'fails_later' },
    'Approved; a refund is successful, and then REFUND_FAILED',
  ],
  ['refund_slow', '4000000000007726', { do: 'refund', how: 'slow' }, 'Approved; a refund takes longer'],
]

/** Every card that means something here. Adyen's test platform refuses all others, and so does this stand-in. */
export const testCards: readonly TestCard[] = [...published, ...own].map(([name, number, behaviour, description]) => ({
  name,
  number,
  behaviour,
  description,
}))

/** What a card does, or what its holder's name asks for (Adyen, “Testing with card holder name”: failed modifications). */
export function behaviourOf(number: string, holderName: string | undefined): Behaviour {
  if (holderName === 'capture failed') return { do: 'capture', how: 'fails_later' }
  if (holderName === 'refund failed') return { do: 'refund', how: 'fails_later' }
  return testCards.find((card) => card.number === number)?.behaviour ?? refuse('2')
}
