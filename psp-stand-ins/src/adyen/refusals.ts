/**
 * Adyen's “Refusal reasons”: code, reason, the result that comes with it, the card holder's name that provokes it in the test
 * environment (“Testing result codes”), and a raw answer of a scheme as Adyen would pass it on.
 */
const rows = [
  ['2', 'Refused', 'Refused', 'DECLINED', '05 : Do not honor'],
  ['3', 'Referral', 'Refused', 'REFERRAL', '01 : Refer to card issuer'],
  ['4', 'Acquirer Error', 'Error', 'ERROR', '96 : System malfunction'],
  ['5', 'Blocked Card', 'Refused', 'BLOCK_CARD', '43 : Stolen card, pick up'],
  ['6', 'Expired Card', 'Refused', 'CARD_EXPIRED', '54 : Expired card'],
  ['7', 'Invalid Amount', 'Refused', 'INVALID_AMOUNT', '13 : Invalid amount'],
  ['8', 'Invalid Card Number', 'Refused', 'INVALID_CARD', '14 : Invalid account number'],
  ['9', 'Issuer Unavailable', 'Refused', 'ISSUER_UNAVAILABLE', '91 : Issuer unavailable'],
  ['10', 'Not supported', 'Refused', 'NOT_SUPPORTED', '12 : Invalid transaction'],
  ['11', '3D Not Authenticated', 'Refused', 'NOT_3D_AUTHENTICATED', '3D Not Authenticated'],
  ['12', 'Not enough balance', 'Refused', 'NOT_ENOUGH_BALANCE', '51 : Insufficient funds'],
  ['14', 'Acquirer Fraud', 'Refused', 'ACQUIRER_FRAUD', '59 : Suspected fraud'],
  ['15', 'Cancelled', 'Cancelled', 'CANCELLED', 'Cancelled'],
  ['16', 'Shopper Cancelled', 'Cancelled', 'SHOPPER_CANCELLED', 'Shopper Cancelled'],
  ['17', 'Invalid Pin', 'Refused', 'INVALID_PIN', '55 : Incorrect PIN'],
  ['18', 'Pin tries exceeded', 'Refused', 'PIN_TRIES_EXCEEDED', '75 : PIN tries exceeded'],
  ['19', 'Pin validation not possible', 'Refused', 'PIN_VALIDATION_NOT_POSSIBLE', '86 : PIN validation not possible'],
  ['20', 'FRAUD', 'Refused', 'FRAUD', 'FRAUD'],
  ['21', 'Not Submitted', 'Refused', 'NOT_SUBMITTED', 'Not Submitted'],
  ['22', 'FRAUD-CANCELLED', 'Cancelled', 'FRAUD_CANCELLED', 'FRAUD-CANCELLED'],
  ['23', 'Transaction Not Permitted', 'Refused', 'TRANSACTION_NOT_PERMITTED', '57 : Transaction not permitted'],
  ['24', 'CVC Declined', 'Refused', 'CVC_DECLINED', 'N7 : Decline for CVV2 failure'],
  ['25', 'Restricted Card', 'Refused', 'RESTRICTED_CARD', '62 : Restricted card'],
  ['26', 'Revocation Of Auth', 'Refused', 'REVOCATION_OF_AUTH', 'R1 : Revocation of authorization order'],
  ['27', 'Declined Non Generic', 'Refused', 'DECLINED_NON_GENERIC', '06 : Error'],
  ['28', 'Withdrawal amount exceeded', 'Refused', 'WITHDRAWAL_AMOUNT_EXCEEDED', '61 : Exceeds amount limit'],
  ['29', 'Withdrawal count exceeded', 'Refused', 'WITHDRAWAL_COUNT_EXCEEDED', '65 : Exceeds count limit'],
  ['31', 'Issuer Suspected Fraud', 'Refused', 'ISSUER_SUSPECTED_FRAUD', '59 : Suspected fraud'],
  ['32', 'AVS Declined', 'Refused', 'AVS_DECLINED', 'AVS Declined'],
  ['33', 'Card requires online pin', 'Refused', 'PIN_REQUIRED', '1A : PIN required'],
  ['34', 'No checking account available on Card', 'Refused', 'NO_CHECKING_ACCOUNT', '52 : No checking account'],
  ['35', 'No savings account available on Card', 'Refused', 'NO_SAVINGS_ACCOUNT', '53 : No savings account'],
  ['36', 'Mobile PIN required', 'Refused', 'MOBILE_PIN_REQUIRED', '1A : Mobile PIN required'],
  ['37', 'Contactless fallback', 'Refused', 'CONTACTLESS_FALLBACK', '1A : Contactless fallback'],
  ['38', 'Authentication required', 'Refused', 'AUTHENTICATION_REQUIRED', '1A : Additional authentication required'],
  ['39', 'RReq not received from DS', 'Refused', 'RREQ_NOT_RECEIVED', 'RReq not received from DS'],
  ['42', '3DS Authentication Error', 'Refused', 'THREEDS_AUTHENTICATION_ERROR', '3DS Authentication Error'],
  ['46', 'Transaction blocked by Adyen to prevent excessive retry fees', 'Refused', 'EXCESSIVE_RETRIES', 'Blocked'],
] as const

export type RefusalCode = (typeof rows)[number][0]
export type Refusal = {
  code: RefusalCode
  reason: string
  resultCode: 'Refused' | 'Error' | 'Cancelled'
  raw: string
}

const refusals = rows.map(([code, reason, resultCode, name, raw]) => ({ code, reason, resultCode, name, raw }))

export function refusalOf(code: RefusalCode): Refusal {
  const found = refusals.find((row) => row.code === code)
  if (!found) throw new Error(`No refusal reason ${code}`)
  const { reason, resultCode, raw } = found
  return { code, reason, resultCode, raw }
}

/**
 * The refusal that a test asks for: by `additionalData.RequestedTestAcquirerResponseCode`, or by a card holder's name such as
 * `DECLINED` or `DECLINED : 06 : ERROR`, whose rest becomes the raw reason.
 */
export function requestedRefusal(requestedCode: string | undefined, holderName: string | undefined): Refusal | null {
  const byCode = refusals.find(({ code }) => code === requestedCode)
  if (byCode) return refusalOf(byCode.code)
  const [, name = '', raw] = /^([A-Z0-9_]+)(?: : (.+))?$/.exec(holderName ?? '') ?? []
  const byName = refusals.find((row) => row.name === name)
  return byName ? { ...refusalOf(byName.code), ...(raw === undefined ? {} : { raw }) } : null
}
