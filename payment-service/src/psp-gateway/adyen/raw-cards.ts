import assert from 'node:assert/strict'
import type { PaymentRequest } from '@adyen/api-library/lib/src/typings/checkout/paymentRequest.js'
import type { ThreeDSecureData } from '@adyen/api-library/lib/src/typings/checkout/threeDSecureData.js'
import { breakBraces } from '../break-braces.ts'
import { fitText } from '../fit-text.ts'
import type { ExternalThreeDSecure, RawCards } from '../port.ts'
import { authorizeBody } from './payments.ts'
import { type InJson, maxHolderName, post } from './request.ts'

/**
 * A payment by card. The relay replaces the placeholders as bytes, so whatever else is in the body must not look like
 * one: two braces side by side, which JSON itself never has outside of a text, are broken up.
 */
export const rawCards: RawCards = {
  needsConfirmation: true,
  takesThreeDSecure: true,
  takesMerchantInitiated: true,
  authorizeCard(account, input) {
    const { returnUrl, ...rest } = authorizeBody(account, input)
    const holder = fitText(input.holderName, maxHolderName)
    // A card on file has no security code: nobody may keep it (PCI DSS 3.3.1).
    const isOnFile = input.initiator === 'merchant'
    const request = {
      ...rest,
      returnUrl: returnUrl.replaceAll('{', '%7B'),
      paymentMethod: {
        type: 'scheme',
        number: '{{card.number}}',
        ...(isOnFile ? {} : { cvc: '{{card.cvc}}' }),
        expiryMonth: String(input.expMonth).padStart(2, '0'),
        expiryYear: String(input.expYear),
        ...(holder === undefined ? {} : { holderName: breakBraces(holder) }),
      },
      ...(input.threeDSecure === null ? {} : { mpiData: writeThreeDSecure(input.threeDSecure) }),
    } satisfies InJson<PaymentRequest>
    const body = JSON.stringify(request)
    const braces = body.split('{{').length - 1
    const placeholders = ['"{{card.number}}"', ...(isOnFile ? [] : ['"{{card.cvc}}"'])]
    assert(braces === placeholders.length && placeholders.every((one) => body.includes(one)), 'not a card template')
    return post(account, '/payments', input.reference, body)
  },
  replyFields: [
    'resultCode',
    'pspReference',
    'merchantReference',
    'amount.value',
    'amount.currency',
    'refusalReasonCode',
    'action.type',
    'action.method',
    'action.url',
    'paymentMethod.brand',
    'additionalData.paymentMethod',
    'additionalData.cardBin',
    'additionalData.cardSummary',
    'additionalData.expiryDate',
    'additionalData.networkTxReference',
    // The issuer's response code and its fixed text, of which two characters are read.
    'additionalData.refusalReasonRaw',
    'errorCode',
    'errorType',
  ],
}

/** Electronic commerce indicators by what they say of the shopper: authenticated, or only attempted (EMV 3-D Secure). */
const statuses: Readonly<Record<string, 'Y' | 'A'>> = { '05': 'Y', '02': 'Y', '06': 'A', '01': 'A' }

/**
 * An authentication that was made elsewhere (Adyen, “Authorise a payment with 3D Secure data from another provider”).
 * Whether there was a challenge is not known, so only the result is said, as that of the directory; what the issuer
 * believes is the value in `cavv`.
 */
function writeThreeDSecure({ eci, cavv, dsTransactionId, version }: ExternalThreeDSecure) {
  return {
    eci,
    cavv,
    dsTransID: dsTransactionId,
    threeDSVersion: version,
    directoryResponse: statuses[eci] ?? 'U',
  } satisfies InJson<ThreeDSecureData>
}
