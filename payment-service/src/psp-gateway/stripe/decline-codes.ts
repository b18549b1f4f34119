import type { DeclineCode } from '@fincore/api-contract/decline-codes'

/**
 * Stripe's decline codes for cards in FinCore's words: all of its document "Stripe decline codes". The words for the
 * shopper never tell that a card was reported lost or stolen, or that fraud is suspected; see the API's table of codes.
 */
export const stripeDeclines: Readonly<Record<string, DeclineCode>> = {
  approve_with_id: 'do_not_honor',
  authentication_not_handled: 'authentication_failed',
  authentication_required: 'authentication_failed',
  call_issuer: 'do_not_honor',
  card_not_supported: 'card_not_supported',
  card_velocity_exceeded: 'limit_exceeded',
  currency_not_supported: 'currency_not_supported',
  do_not_honor: 'do_not_honor',
  do_not_try_again: 'do_not_honor',
  duplicate_transaction: 'card_declined',
  expired_card: 'expired_card',
  fraudulent: 'suspected_fraud',
  generic_decline: 'card_declined',
  incorrect_address: 'card_declined',
  incorrect_cvc: 'incorrect_cvc',
  incorrect_number: 'incorrect_number',
  incorrect_pin: 'card_declined',
  incorrect_zip: 'card_declined',
  insufficient_funds: 'insufficient_funds',
  invalid_account: 'card_declined',
  invalid_amount: 'limit_exceeded',
  invalid_cvc: 'incorrect_cvc',
  invalid_expiry_month: 'expired_card',
  invalid_expiry_year: 'expired_card',
  invalid_number: 'incorrect_number',
  invalid_pin: 'card_declined',
  issuer_not_available: 'issuer_unavailable',
  lost_card: 'lost_card',
  merchant_blacklist: 'suspected_fraud',
  mobile_device_authentication_required: 'authentication_failed',
  new_account_information_available: 'card_declined',
  no_action_taken: 'do_not_honor',
  not_permitted: 'do_not_honor',
  offline_pin_required: 'authentication_failed',
  online_or_offline_pin_required: 'authentication_failed',
  pickup_card: 'lost_card',
  pin_try_exceeded: 'card_declined',
  processing_error: 'processing_error',
  reenter_transaction: 'processing_error',
  restricted_card: 'lost_card',
  revocation_of_all_authorizations: 'do_not_honor',
  revocation_of_authorization: 'do_not_honor',
  security_violation: 'suspected_fraud',
  service_not_allowed: 'card_not_supported',
  stolen_card: 'stolen_card',
  stop_payment_order: 'do_not_honor',
  testmode_decline: 'card_declined',
  transaction_not_allowed: 'card_not_supported',
  try_again_later: 'issuer_unavailable',
  withdrawal_count_limit_exceeded: 'limit_exceeded',
}

/**
 * Codes of card errors ("Error codes") that say more than `card_declined`, whose reason is the decline code beside it.
 * What is in neither table is declined without a reason.
 */
const cardErrors: Readonly<Record<string, DeclineCode>> = {
  authentication_required: 'authentication_failed',
  card_decline_rate_limit_exceeded: 'limit_exceeded',
  expired_card: 'expired_card',
  incorrect_cvc: 'incorrect_cvc',
  incorrect_number: 'incorrect_number',
  insufficient_funds: 'insufficient_funds',
  invalid_card_type: 'card_not_supported',
  invalid_cvc: 'incorrect_cvc',
  invalid_expiry_month: 'expired_card',
  invalid_expiry_year: 'expired_card',
  invalid_number: 'incorrect_number',
  payment_intent_authentication_failure: 'authentication_failed',
  processing_error: 'processing_error',
}

/** What FinCore calls a decline. The decline code is the bank's reason, where there is one; the code is Stripe's. */
export function declineOf(code: string | undefined, declineCode: string | undefined): DeclineCode {
  return wordFor(stripeDeclines, declineCode) ?? wordFor(cardErrors, code) ?? 'card_declined'
}

function wordFor(table: Readonly<Record<string, DeclineCode>>, code: string | undefined): DeclineCode | undefined {
  return code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined
}
