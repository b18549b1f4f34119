import type { AdyenError } from '../adyen-error.ts'
import { newPspReference } from '../ids.ts'

/** A refusal as Adyen's Checkout API sends it (`ServiceError`). */
export function renderError(error: AdyenError): object {
  const { status, errorCode, message, errorType } = error
  return { status, errorCode, message, errorType, pspReference: newPspReference() }
}
