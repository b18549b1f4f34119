import { ProblemBody } from '@fincore/api-contract/answers'
import { type ErrorCode, errorTable, retryAfterSecondsOf } from '@fincore/api-contract/errors'
import type { Access } from '../server/caller.ts'
import { type Response, requestIdHeader, serverTimingHeader } from './openapi-headers.ts'
import { schemaOf } from './openapi-schemas.ts'

/** What of an endpoint decides how it can be refused, beside its own `refusals`. */
export type Refusable = {
  method: string
  access: Exclude<Access, { by: 'anyone' | 'operator' }>
  idempotent: boolean
  hasBody: boolean
  hasPathParameters: boolean
  isList: boolean
  refusals: readonly ErrorCode[]
}

/** Which codes come with what of an endpoint. Every code that an endpoint can answer is here or in its `refusals`. */
const codesBy: readonly (readonly [has: (endpoint: Refusable) => boolean, codes: readonly ErrorCode[]])[] = [
  [
    () => true,
    [
      'malformed_http',
      'request_timeout',
      'authentication_required',
      'api_key_invalid',
      'card_data_not_accepted_here',
      'rate_limited',
      'internal_error',
      'overloaded',
      'service_unavailable',
    ],
  ],
  [({ access }) => access.by === 'secret_key', ['scope_missing']],
  [({ hasPathParameters }) => hasPathParameters, ['resource_not_found', 'route_not_found']],
  [({ isList }) => isList, ['parameter_unknown', 'parameter_invalid', 'cursor_invalid']],
  // Also of a DELETE, which needs none.
  [({ method }) => method !== 'GET', ['malformed_json', 'media_type_unsupported', 'body_too_large']],
  [({ hasBody }) => hasBody, ['parameter_missing', 'parameter_unknown', 'parameter_invalid']],
  [
    ({ idempotent }) => idempotent,
    ['idempotency_key_required', 'idempotency_key_invalid', 'idempotency_key_in_use', 'idempotency_key_reused'],
  ],
]

/** The codes that an endpoint can answer, in the order of the table of errors. */
export function listRefusals(endpoint: Refusable): ErrorCode[] {
  const codes = new Set([
    ...codesBy.flatMap(([has, itsCodes]) => (has(endpoint) ? itsCodes : [])),
    ...endpoint.refusals,
  ])
  return (Object.keys(errorTable) as ErrorCode[]).filter((code) => codes.has(code))
}

/** One answer for each status, which names its codes. */
export function describeRefusals(codes: readonly ErrorCode[]): Record<string, Response> {
  const statuses = [...new Set(codes.map((code) => errorTable[code].status))].sort()
  return Object.fromEntries(statuses.map((status) => [status, describeStatus(status, codes)]))
}

function describeStatus(status: number, codes: readonly ErrorCode[]): Response {
  const ofStatus = codes.filter((code) => errorTable[code].status === status)
  const canRetry = ofStatus.some((code) => retryAfterSecondsOf(code) !== undefined)
  const narrowed = {
    type: 'object',
    properties: { status: { type: 'integer', const: status }, code: { type: 'string', enum: ofStatus } },
  }
  return {
    description: ofStatus.map((code) => `\`${code}\`: ${errorTable[code].title}.`).join(' '),
    headers: {
      'X-Request-Id': requestIdHeader,
      'Server-Timing': serverTimingHeader,
      ...(canRetry ? { 'Retry-After': retryAfterHeader } : {}),
    },
    content: { 'application/problem+json': { schema: { allOf: [schemaOf(ProblemBody), narrowed] } } },
  }
}

const retryAfterHeader = {
  description: 'Seconds to wait before the same request again.',
  schema: { type: 'integer', minimum: 0, maximum: 86_400, examples: [2] },
}
