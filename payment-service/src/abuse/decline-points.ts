import type { DeclineCode } from '@fincore/api-contract/decline-codes'

/**
 * How much a declined card says of card testing. Who tests cards has numbers and dates that were made up or are old, so
 * the bank's answer is that there is no such card; a shopper's own card is refused for what is on the account. What only
 * says that a payment could not be processed says nothing of its card: an outage of a bank or a PSP is no attack.
 */
export const declinePoints: Readonly<Record<DeclineCode, 0 | 1 | 2>> = {
  incorrect_number: 2,
  incorrect_cvc: 2,
  expired_card: 2,
  lost_card: 2,
  stolen_card: 2,
  suspected_fraud: 2,
  card_declined: 1,
  do_not_honor: 1,
  insufficient_funds: 1,
  limit_exceeded: 1,
  authentication_failed: 1,
  card_not_supported: 0,
  currency_not_supported: 0,
  issuer_unavailable: 0,
  processing_error: 0,
  token_invalid: 0,
  rejected_by_psp: 0,
  not_executed: 0,
  refund_declined: 0,
}
