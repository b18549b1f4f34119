/** What merchants import. */
export type { Charges, ListCharges } from './charges.ts'
export type * from './contract.ts'
export type { Disputes, ListDisputes } from './disputes.ts'
export { type ErrorCode, errorCodes } from './error-codes.ts'
export {
  FincoreAuthenticationError,
  FincoreConflictError,
  FincoreError,
  type FincoreErrorCode,
  FincoreInvalidRequestError,
  FincoreNotFoundError,
  FincorePermissionError,
  FincoreRateLimitError,
  FincoreSignatureError,
  FincoreUnavailableError,
  FincoreUnknownOutcomeError,
  FincoreUsageError,
} from './errors.ts'
export type { Events, ListEvents } from './events.ts'
export { Fincore } from './fincore.ts'
export type { List, Page, PageParams } from './lists.ts'
export type { Observe, ObservedTry } from './observe.ts'
export type { FincoreOptions, Pem, RelayOptions, RequestOptions, WriteOptions } from './options.ts'
export type { ListPaymentSessions, PaymentSessions } from './payment-sessions.ts'
export type { ListRefunds, Refunds } from './refunds.ts'
export { type SdkErrorCode, sdkErrorCodes } from './sdk-error-codes.ts'
export { version } from './version.ts'
export type { ListWebhookDeliveries, RedeliverFailedSince, WebhookEndpoints } from './webhook-endpoints.ts'
export type { SignOptions, VerifyOptions, WebhookHeaders } from './webhooks.ts'
export * as webhooks from './webhooks.ts'
