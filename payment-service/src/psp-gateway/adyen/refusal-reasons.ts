import type { DeclineCode } from '@fincore/api-contract/decline-codes'

/**
 * Adyen's refusal reasons, by `refusalReasonCode`, with its text and FinCore's word (Adyen, “Refusal reasons”). Replies
 * tell the code; a webhook tells only the text, as its `reason`.
 */
export const refusalReasons: Readonly<Record<string, readonly [text: string, code: DeclineCode]>> = {
  2: ['Refused', 'card_declined'],
  3: ['Referral', 'do_not_honor'],
  4: ['Acquirer Error', 'processing_error'],
  5: ['Blocked Card', 'card_declined'],
  6: ['Expired Card', 'expired_card'],
  7: ['Invalid Amount', 'processing_error'],
  8: ['Invalid Card Number', 'incorrect_number'],
  9: ['Issuer Unavailable', 'issuer_unavailable'],
  10: ['Not supported', 'card_not_supported'],
  11: ['3D Not Authenticated', 'authentication_failed'],
  12: ['Not enough balance', 'insufficient_funds'],
  14: ['Acquirer Fraud', 'suspected_fraud'],
  15: ['Cancelled', 'card_declined'],
  16: ['Shopper Cancelled', 'authentication_failed'],
  17: ['Invalid Pin', 'card_declined'],
  18: ['Pin tries exceeded', 'limit_exceeded'],
  19: ['Pin validation not possible', 'processing_error'],
  20: ['FRAUD', 'suspected_fraud'],
  21: ['Not Submitted', 'processing_error'],
  22: ['FRAUD-CANCELLED', 'suspected_fraud'],
  23: ['Transaction Not Permitted', 'card_not_supported'],
  24: ['CVC Declined', 'incorrect_cvc'],
  25: ['Restricted Card', 'card_not_supported'],
  26: ['Revocation Of Auth', 'card_declined'],
  27: ['Declined Non Generic', 'card_declined'],
  28: ['Withdrawal amount exceeded', 'limit_exceeded'],
  29: ['Withdrawal count exceeded', 'limit_exceeded'],
  31: ['Issuer Suspected Fraud', 'suspected_fraud'],
  32: ['AVS Declined', 'card_declined'],
  33: ['Card requires online pin', 'card_not_supported'],
  34: ['No checking account available on Card', 'card_not_supported'],
  35: ['No savings account available on Card', 'card_not_supported'],
  36: ['Mobile pin required', 'card_not_supported'],
  37: ['Contactless fallback', 'card_declined'],
  38: ['Authentication required', 'authentication_failed'],
  39: ['RReq not received from DS', 'authentication_failed'],
  40: ['Current AID is in Penalty Box', 'issuer_unavailable'],
  41: ['CVM Required Restart Payment', 'card_not_supported'],
  42: ['3DS Authentication Error', 'authentication_failed'],
  43: ['Online PIN required', 'card_not_supported'],
  44: ['Try another interface', 'card_not_supported'],
  45: ['Chip downgrade mode', 'card_not_supported'],
  46: ['Transaction blocked by Adyen to prevent excessive retry fees', 'card_declined'],
  50: ['Token Revoked', 'card_declined'],
}

/**
 * What the issuer said, where Adyen's reason is a general one: the response codes of ISO 8583 with which
 * `refusalReasonRaw` begins, such as `05 : Do not honor` (Adyen, “Raw responses”, which warns that their texts change;
 * so the two digits alone are read). Told when the account has “Raw acquirer result” switched on.
 */
export const issuerCodes: Readonly<Record<string, DeclineCode>> = {
  '01': 'do_not_honor',
  '04': 'card_declined',
  '05': 'do_not_honor',
  '14': 'incorrect_number',
  '41': 'lost_card',
  '43': 'stolen_card',
  '51': 'insufficient_funds',
  '54': 'expired_card',
  '57': 'card_not_supported',
  '58': 'card_not_supported',
  '59': 'suspected_fraud',
  '61': 'limit_exceeded',
  '62': 'card_not_supported',
  '63': 'suspected_fraud',
  '65': 'limit_exceeded',
  '82': 'incorrect_cvc',
  '91': 'issuer_unavailable',
  '96': 'processing_error',
  N7: 'incorrect_cvc',
}

/** Reasons that say no more than “no”, and leave it to the issuer's own code to say more. */
const generalReasons = new Set(['2', '5', '27'])

const codesByText = new Map(Object.entries(refusalReasons).map(([code, [text]]) => [simplify(text), code]))

/** How Adyen says no: by code in a reply, by text in a webhook; the issuer's own words where they are told. */
export type Refusal = { code?: string | undefined; text?: string | undefined; raw?: string | undefined }

/**
 * FinCore's word for a refusal, and Adyen's code beside it. One that Adyen does not document is declined without a
 * reason. Nothing of a text is kept: it is the issuer's, and may be anything.
 */
export function readRefusal({ code, text, raw }: Refusal): { code: DeclineCode; pspCode: string | null } {
  const own = code ?? codesByText.get(simplify(text ?? ''))
  const row = own !== undefined && Object.hasOwn(refusalReasons, own) ? refusalReasons[own] : undefined
  const pspCode = own !== undefined && /^[0-9A-Za-z_]{1,8}$/.test(own) && !/\d{7}/.test(own) ? own : null
  const isGeneral = row === undefined || generalReasons.has(own ?? '')
  const issuerCode = /^([0-9A-Z]{2}) ?:/.exec(raw ?? '')?.[1]
  const issuers =
    issuerCode !== undefined && Object.hasOwn(issuerCodes, issuerCode) ? issuerCodes[issuerCode] : undefined
  return { code: (isGeneral ? issuers : undefined) ?? row?.[1] ?? 'card_declined', pspCode }
}

/** Adyen writes the same reason as `Not enough balance`, `NOT_ENOUGH_BALANCE` and `NotEnoughBalance`. */
function simplify(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '')
}
