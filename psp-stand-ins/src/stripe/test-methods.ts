import { brandOf, cvcLengthOf } from './card-number.ts'
import type { MethodParams } from './objects/payment-methods.ts'
import { type TestCardName, testCardNumber } from './test-cards.ts'

/**
 * The PaymentMethods that every account at Stripe has in test mode ("Testing", tab PaymentMethods), and whose card each
 * is. Names of earlier editions of that page stand beside today’s.
 */
const testMethods: Readonly<Record<string, TestCardName>> = {
  pm_card_visa: 'visa',
  pm_card_us: 'visa',
  pm_card_visa_debit: 'visa_debit',
  pm_card_mastercard: 'mastercard',
  pm_card_mastercard_debit: 'mastercard_debit',
  pm_card_mastercard_prepaid: 'mastercard_prepaid',
  pm_card_amex: 'amex',
  pm_card_discover: 'discover',
  pm_card_diners: 'diners',
  pm_card_jcb: 'jcb',
  pm_card_unionpay: 'unionpay',
  pm_card_bypassPending: 'available_at_once',
  pm_card_riskLevelElevated: 'elevated_risk',

  pm_card_visa_chargeDeclined: 'generic_decline',
  pm_card_chargeDeclined: 'generic_decline',
  pm_card_visa_chargeDeclinedInsufficientFunds: 'insufficient_funds',
  pm_card_chargeDeclinedInsufficientFunds: 'insufficient_funds',
  pm_card_visa_chargeDeclinedLostCard: 'lost_card',
  pm_card_visa_chargeDeclinedStolenCard: 'stolen_card',
  pm_card_visa_chargeDeclinedVelocityLimitExceeded: 'card_velocity_exceeded',
  pm_card_chargeDeclinedExpiredCard: 'expired_card',
  pm_card_chargeDeclinedIncorrectCvc: 'incorrect_cvc',
  pm_card_chargeDeclinedProcessingError: 'processing_error',
  pm_card_chargeDeclinedFraudulent: 'always_blocked',
  pm_card_radarBlock: 'always_blocked',

  pm_card_authenticationRequired: 'always_authenticate',
  pm_card_authenticationRequiredOnSetup: 'authenticate_unless_set_up',
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: 'three_d_secure_then_insufficient_funds',
  pm_card_threeDSecure2Required: 'three_d_secure_required',
  pm_card_threeDSecureRequiredChargeDeclined: 'three_d_secure_then_declined',
  pm_card_threeDSecureOptional: 'three_d_secure_supported',

  pm_card_pendingRefund: 'refund_pending',
  pm_card_refundFail: 'refund_fails',
  pm_card_createDispute: 'disputed_as_fraudulent',
  pm_card_createDisputeProductNotReceived: 'disputed_as_not_received',
  pm_card_createDisputeInquiry: 'inquiry',
}

/** What a PaymentMethod is made of when one of Stripe’s own is named, which never runs out; null for any other id. */
export function findTestMethod(id: string, now: number): MethodParams | null {
  const name = Object.hasOwn(testMethods, id) ? testMethods[id] : undefined
  if (name === undefined) return null
  const number = testCardNumber(name)
  const cvc = '1234'.slice(0, cvcLengthOf(brandOf(number)))
  return { type: 'card', card: { number, exp_month: 12, exp_year: new Date(now).getUTCFullYear() + 1, cvc } }
}
