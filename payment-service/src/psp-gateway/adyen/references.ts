/**
 * What FinCore calls a payment at Adyen: the attempt's id, and behind it that it is captured by hand. Neither Adyen's
 * replies nor its webhooks say how a payment is captured, but both repeat the reference, and the webhook's signature
 * covers it; so “authorised” can be told from “captured” without anything remembered. A hyphen is how Adyen separates
 * several references of one transaction (API reference, `PaymentRequest.reference`); FinCore's ids have none.
 */
const manualMark = '-manual'

export function writeReference(reference: string, captureMethod: 'automatic' | 'manual'): string {
  return captureMethod === 'manual' ? `${reference}${manualMark}` : reference
}

export function readReference(merchantReference: string): { reference: string; captureMethod: 'automatic' | 'manual' } {
  return merchantReference.endsWith(manualMark)
    ? { reference: merchantReference.slice(0, -manualMark.length), captureMethod: 'manual' }
    : { reference: merchantReference, captureMethod: 'automatic' }
}
