/**
 * Why a charge or a refund failed, the same words for every PSP. The PSP's own code stays beside it (`psp_code`).
 * The message of a charge is for the shopper, that of a refund for the merchant.
 * `shopperCanRetry` says whether another try by the shopper, with this or another card, makes sense.
 */
type DeclineRow = { message: string; shopperCanRetry: 'same_card' | 'other_card' | 'no' }

export const declineCodes = {
  card_declined: {
    message: 'The card was declined. Use another card, or ask the bank that issued it.',
    shopperCanRetry: 'other_card',
  },
  insufficient_funds: {
    message: 'The card has too little money available. Use another card.',
    shopperCanRetry: 'other_card',
  },
  limit_exceeded: {
    message: 'The payment is above a limit of the card. Use another card.',
    shopperCanRetry: 'other_card',
  },
  do_not_honor: {
    message: 'The bank did not approve the payment. Use another card, or ask the bank.',
    shopperCanRetry: 'other_card',
  },
  expired_card: { message: 'The card has expired. Use another card.', shopperCanRetry: 'other_card' },
  incorrect_number: { message: 'The card number is not right. Check it and try again.', shopperCanRetry: 'same_card' },
  incorrect_cvc: { message: 'The security code is not right. Check it and try again.', shopperCanRetry: 'same_card' },
  lost_card: { message: 'The card was declined. Use another card.', shopperCanRetry: 'other_card' },
  stolen_card: { message: 'The card was declined. Use another card.', shopperCanRetry: 'other_card' },
  suspected_fraud: {
    message: 'The card was declined. Use another card, or ask the bank that issued it.',
    shopperCanRetry: 'other_card',
  },
  card_not_supported: {
    message: 'This kind of card is not accepted. Use another card.',
    shopperCanRetry: 'other_card',
  },
  currency_not_supported: {
    message: 'The card cannot pay in this currency. Use another card.',
    shopperCanRetry: 'other_card',
  },
  issuer_unavailable: {
    message: 'The bank could not be reached. Try again in a moment.',
    shopperCanRetry: 'same_card',
  },
  authentication_failed: {
    message: 'The bank could not confirm that it is you. Try again, or use another card.',
    shopperCanRetry: 'same_card',
  },
  token_invalid: {
    message: 'The card details were used already or are too old. Enter them again.',
    shopperCanRetry: 'same_card',
  },
  rejected_by_psp: { message: 'The payment could not be made. Nothing was charged.', shopperCanRetry: 'same_card' },
  not_executed: {
    message: 'The payment did not reach the bank. Nothing was charged; try again.',
    shopperCanRetry: 'same_card',
  },
  refund_declined: {
    message:
      'The refund was not made, and nothing was given back: refund again later, or give the money back another way.',
    shopperCanRetry: 'no',
  },
  processing_error: {
    message: 'The bank could not process the payment. Try again in a moment.',
    shopperCanRetry: 'same_card',
  },
} as const satisfies Record<string, DeclineRow>

export type DeclineCode = keyof typeof declineCodes
