import {
  type FailedCall,
  FincoreAuthenticationError,
  FincoreConflictError,
  FincoreError,
  FincoreInvalidRequestError,
  FincoreNotFoundError,
  FincorePermissionError,
  FincoreRateLimitError,
  FincoreUnavailableError,
  FincoreUnknownOutcomeError,
} from './errors.ts'
import type { Failed } from './read-reply.ts'

/** A call that came to nothing, with what its error may say. */
export type EndedCall = {
  /** Such as `POST /v1/charges`. */
  request: string
  idempotencyKey: string | null
  origin: string
  timeoutMs: number
  /** Whether FinCore may have carried the request out in any of its tries. */
  isInDoubt: boolean
  last: Failed
  signal: AbortSignal | undefined
}

const byStatus = new Map<number, new (from: FailedCall) => FincoreError>([
  [401, FincoreAuthenticationError],
  [403, FincorePermissionError],
  [404, FincoreNotFoundError],
  [409, FincoreConflictError],
  [429, FincoreRateLimitError],
])

/** The error of a call, by what its last try came to, and by whether any of them is in doubt. */
export function makeError(call: EndedCall): FincoreError {
  const { last, request, idempotencyKey } = call
  const { status, problem, code } = last
  const facts: FailedCall = {
    code,
    detail: problem.detail ?? explain(call),
    request,
    status,
    param: problem.param,
    requestId: problem.requestId,
    docsUrl: problem.docsUrl,
    idempotencyKey,
    retryAfterSeconds: last.retryAfterMs === null ? null : Math.ceil(last.retryAfterMs / 1000),
    ...(code === 'aborted' && { cause: call.signal?.reason }),
  }
  if (!call.isInDoubt) return new (pickClass(status, code))(facts)
  // One code for all of them, whatever the last try came to: a refusal of a later try says nothing of an earlier one,
  // whose answer got lost, and nobody should decide by it.
  const Cause = last.mayHaveActed ? FincoreError : pickClass(status, code)
  return new FincoreUnknownOutcomeError({
    ...facts,
    code: 'outcome_unknown',
    detail: `${facts.detail} ${adviseInDoubt(code, idempotencyKey)}`,
    cause: new Cause(facts),
    isRetryable: code !== 'idempotency_key_reused',
  })
}

function pickClass(status: number | null, code: string): new (from: FailedCall) => FincoreError {
  if (status === null || code === 'answer_unreadable' || status === 408 || status >= 500) return FincoreUnavailableError
  return byStatus.get(status) ?? FincoreInvalidRequestError
}

function adviseInDoubt(code: string, idempotencyKey: string | null): string {
  if (code === 'idempotency_key_reused')
    return 'The other request may have been carried out: find out what became of it before you send anything.'
  const doubt = 'It may have been carried out all the same: do not treat it as failed.'
  return idempotencyKey === null
    ? `${doubt} Read the object to see.`
    : `${doubt} Send the same request with the same idempotencyKey again, or wait for the webhook.`
}

/** In place of FinCore’s own words, where there are none or they may not be shown. */
function explain({ last, origin, timeoutMs }: EndedCall): string {
  const why = last.systemCode === null ? '' : ` (${last.systemCode})`
  switch (last.code) {
    case 'no_connection':
      return `No connection to ${origin} could be made${why}, so nothing was sent. Look whether the address and the certificates are right, and whether FinCore runs there.`
    case 'connection_lost':
      return `The connection to ${origin} ended before the answer was there${why}.`
    case 'timeout':
      return `No answer came from ${origin} within ${timeoutMs} ms.`
    case 'aborted':
      return 'The call was ended by its signal.'
    case 'answer_too_large':
      return `The answer of ${origin} is larger than any of FinCore’s, and was not read.`
    case 'answer_unreadable':
      return `What ${origin} answered, with status ${last.status}, is not FinCore’s. Look whether the address is right.`
    default:
      return `The answer was ${last.status} ${last.code}, and its own words are withheld.`
  }
}
