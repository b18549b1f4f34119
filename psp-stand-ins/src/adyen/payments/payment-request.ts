import { AdyenError } from '../adyen-error.ts'
import { isAdyenCurrency, toIsoMinorUnits } from '../currencies.ts'
import type { Account, Amount } from '../world.ts'

/** What is read of a `PaymentRequest`, whose names and types `checkParameters` has checked. */
export type PaymentBody = {
  amount: Amount
  reference: string
  merchantAccount: string
  returnUrl: string
  paymentMethod: Record<string, string | undefined>
  captureDelayHours?: number
  additionalData?: Record<string, string>
  metadata?: Record<string, string>
  channel?: string
  origin?: string
  browserInfo?: object | null
  authenticationData?: {
    attemptAuthentication?: 'always' | 'never'
    threeDSRequestData?: { nativeThreeDS?: 'preferred' | 'disabled' } | null
  } | null
  mpiData?: Record<string, string | undefined> | null
  shopperInteraction?: 'Ecommerce' | 'ContAuth' | 'Moto' | 'POS'
  recurringProcessingModel?: string
}

const longestReference = 80
const longestReturnUrl = 8_000
const longestCaptureDelayHours = 672

/**
 * The rules that the API's documents have beside the types, for a payment.
 *
 * @throws AdyenError
 */
export function checkPayment(account: Account, body: PaymentBody): void {
  checkMerchantAccount(account, body.merchantAccount)
  checkReference(body.reference)
  checkAmount(body.amount)
  if (body.returnUrl === '') throw new AdyenError('no_return_url')
  checkReturnUrl(body.returnUrl)
  checkMetadata(body.metadata)
  checkCaptureDelay(body.captureDelayHours)
  if (body.shopperInteraction === 'ContAuth' && body.recurringProcessingModel === undefined)
    throw new AdyenError('field_missing', 'recurringProcessingModel')
  if (!['true', 'false', undefined].includes(body.additionalData?.manualCapture))
    throw new AdyenError('rule_broken', 'additionalData.manualCapture must be true or false')
  if (body.mpiData) checkAuthentication(body.mpiData)
}

export function checkMerchantAccount(account: Account, merchantAccount: string): void {
  if (merchantAccount !== account.merchantAccount) throw new AdyenError('invalid_merchant_account')
}

export function checkReference(reference: string): void {
  if (reference === '') throw new AdyenError('no_reference')
  if (reference.length > longestReference)
    throw new AdyenError('rule_broken', `reference must have at most ${longestReference} characters`)
}

export function checkAmount({ value, currency }: Amount): void {
  if (!isAdyenCurrency(currency)) throw new AdyenError('unsupported_currency')
  if (value <= 0 || toIsoMinorUnits(value, currency) === null) throw new AdyenError('invalid_amount')
}

export function checkReturnUrl(url: string): void {
  if (!URL.canParse(url)) throw new AdyenError('rule_broken', 'returnUrl must be a URL')
  if (url.length > longestReturnUrl)
    throw new AdyenError('rule_broken', `returnUrl must have at most ${longestReturnUrl} characters`)
}

export function checkCaptureDelay(hours: number | undefined): void {
  if (hours !== undefined && (hours < 0 || hours > longestCaptureDelayHours))
    throw new AdyenError('rule_broken', `captureDelayHours must be from 0 to ${longestCaptureDelayHours}`)
}

/** Adyen: at most 20 pairs, keys of 20 and values of 80 characters. */
export function checkMetadata(metadata: Record<string, string> = {}): void {
  const pairs = Object.entries(metadata)
  if (pairs.some(([key]) => key.length > 20)) throw new AdyenError('metadata_key_too_large')
  if (pairs.length > 20 || pairs.some(([, value]) => value.length > 80)) throw new AdyenError('metadata_too_large')
}

/** A 3-D Secure 2 result of elsewhere (Adyen, “Authorise with external authentication data”). */
const authenticationFields: Record<string, RegExp> = {
  cavv: /^[A-Za-z0-9+/]{27}=$/,
  eci: /^0\d$/,
  dsTransID: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  threeDSVersion: /^2\.\d\.\d$/,
}

function checkAuthentication(mpiData: Record<string, string | undefined>): void {
  for (const [name, form] of Object.entries(authenticationFields)) {
    const value = mpiData[name]
    if (value === undefined) throw new AdyenError('field_missing', `mpiData.${name}`)
    if (!form.test(value)) throw new AdyenError('rule_broken', `mpiData.${name} has not the form that it must have`)
  }
  if (mpiData.authenticationResponse === undefined && mpiData.directoryResponse === undefined)
    throw new AdyenError('field_missing', 'mpiData.authenticationResponse')
}
