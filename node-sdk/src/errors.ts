import { type ErrorCode, errorCodes } from './error-codes.ts'
import { type SdkErrorCode, sdkErrorCodes } from './sdk-error-codes.ts'

/** FinCore’s own codes, and those of this SDK; a newer FinCore may answer others. */
export type FincoreErrorCode = ErrorCode | SdkErrorCode | (string & Record<never, never>)

/** What is known of a call that failed. No part of it quotes what was sent. */
export type FailedCall = {
  code: FincoreErrorCode
  /** What happened, why, and what to do next. */
  detail: string
  /** The request, such as `POST /v1/charges`. */
  request?: string | null
  status?: number | null
  param?: string | null
  requestId?: string | null
  docsUrl?: string | null
  idempotencyKey?: string | null
  retryAfterSeconds?: number | null
  /** What the code says, without it. */
  isRetryable?: boolean
  cause?: unknown
}

/**
 * Whatever goes wrong is one of these. Decide by `code`, or by the class, which says what kind of failure it is. A declined
 * card is none: the charge’s `status` is `failed`.
 */
export class FincoreError extends Error {
  override readonly name: string = 'FincoreError'
  /** What happened: a code of FinCore’s table of errors, or one of this SDK’s. */
  readonly code: FincoreErrorCode
  /** What happened, why, and what to do next. For you, not for shoppers. */
  readonly detail: string
  /** The answer’s HTTP status; null when there was none. */
  readonly status: number | null
  /** The field at fault, such as `payment_method.token`. */
  readonly param: string | null
  /** Give it to your operator when you ask. */
  readonly requestId: string | null
  /** The code’s explanation. */
  readonly docsUrl: string | null
  /** The key of the request: with it the same request can be sent again, and cannot act twice. */
  readonly idempotencyKey: string | null
  /** How long FinCore asks you to wait before you send the request again, in seconds. */
  readonly retryAfterSeconds: number | null
  /** Whether sending the same request again, with the same key, can help. */
  readonly isRetryable: boolean

  constructor(from: FailedCall) {
    const { code, detail, requestId = null, docsUrl = null, request = null } = from
    const facts = [code, from.param, requestId, docsUrl].filter((fact) => fact != null).join(', ')
    super(`${request === null ? '' : `${request}: `}${detail} [${facts}]`, 'cause' in from ? { cause: from.cause } : {})
    this.code = code
    this.detail = detail
    this.status = from.status ?? null
    this.param = from.param ?? null
    this.requestId = requestId
    this.docsUrl = docsUrl
    this.idempotencyKey = from.idempotencyKey ?? null
    this.retryAfterSeconds = from.retryAfterSeconds ?? null
    this.isRetryable = from.isRetryable ?? isRetryable(code, this.status)
  }
}

/** The program is at fault, not the network: an option, an id or a body that cannot be sent. Nothing was sent. */
export class FincoreUsageError extends FincoreError {
  override readonly name = 'FincoreUsageError'
}

/** 401: FinCore does not know the key. */
export class FincoreAuthenticationError extends FincoreError {
  override readonly name = 'FincoreAuthenticationError'
}

/** 403: the key, the certificate or the merchant may not do this, or card data came to the wrong door. */
export class FincorePermissionError extends FincoreError {
  override readonly name = 'FincorePermissionError'
}

/** 400, 413, 415, 422: the request must be changed; `param` names the field. */
export class FincoreInvalidRequestError extends FincoreError {
  override readonly name = 'FincoreInvalidRequestError'
}

/** 404: there is no such object of yours. */
export class FincoreNotFoundError extends FincoreError {
  override readonly name = 'FincoreNotFoundError'
}

/** 409: the object is not in the state that this needs. */
export class FincoreConflictError extends FincoreError {
  override readonly name = 'FincoreConflictError'
}

/** 429: too many requests, also after the SDK’s own tries. Nothing was done. */
export class FincoreRateLimitError extends FincoreError {
  override readonly name = 'FincoreRateLimitError'
}

/** FinCore could not be asked, also after the SDK’s own tries. Nothing was done. */
export class FincoreUnavailableError extends FincoreError {
  override readonly name = 'FincoreUnavailableError'
}

/**
 * Nobody can say whether the request was carried out: **it may have been, so never treat it as failed.** Keep the order
 * open, and send the same request with the same `idempotencyKey` again later, or wait for the webhook. `code` is always
 * `outcome_unknown`; `cause` says what the last try came to.
 */
export class FincoreUnknownOutcomeError extends FincoreError {
  override readonly name = 'FincoreUnknownOutcomeError'
}

/** A webhook is not genuine, or cannot be shown to be. Answer it with 400. */
export class FincoreSignatureError extends FincoreError {
  override readonly name = 'FincoreSignatureError'
}

function isRetryable(code: string, status: number | null): boolean {
  if (Object.hasOwn(errorCodes, code)) return errorCodes[code as ErrorCode].retry === 'same_request'
  if (Object.hasOwn(sdkErrorCodes, code)) return sdkErrorCodes[code as SdkErrorCode].isRetryable
  return status !== null && (status === 408 || status === 429 || status >= 500)
}
