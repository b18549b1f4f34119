import { type ErrorCode, makeProblem, retryAfterSecondsOf } from '@fincore/api-contract/errors'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { describeError, type Log } from '../log.ts'
import { explainFinding } from '../reading/explain-validation.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { AuditLogUnavailableError } from '../store/audit.ts'
import { OverloadedError } from '../store/batcher.ts'
import { isQueryTimeout } from '../store/pool.ts'

/** Carries a refusal out of a hook or a parser, where Fastify knows only exceptions. Thrown and caught in http/ alone. */
export class RefusalError extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.refused)
    this.name = 'RefusalError'
    this.refusal = refusal
  }
}

/** Answers with the problem that a refusal names (RFC 9457). */
export function sendRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  docsUrl: string,
): FastifyReply {
  request.facts.code = refusal.refused
  const problem = makeProblem(refusal.refused, {
    docsUrl,
    requestId: request.id,
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
    param: refusal.param ?? null,
  })
  const retryAfterSeconds = refusal.retryAfterSeconds ?? retryAfterSecondsOf(refusal.refused)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problem))
}

/** Turns whatever was thrown at the edge into a refusal. Exceptions that are no refusal are bugs, and are logged. */
export function toRefusal(error: unknown, request: FastifyRequest, log: Log): Refusal {
  if (error instanceof RefusalError) return error.refusal
  if (isFastifyError(error)) {
    if (error.validation !== undefined)
      return explainFinding(error.validation[0], { schema: request.routeOptions.schema?.body, value: request.body })
    const code = refusalsByFastifyCode[error.code]
    if (code !== undefined) return refuse(code)
    // A broken request line, header or length: the client's fault, and not worth a line in the log.
    if (error.statusCode !== undefined && error.statusCode < 500) return refuse('malformed_json')
  }
  log.error('a request failed', {
    ...request.facts,
    route: request.routeOptions.url ?? '',
    error: describeError(error),
  })
  if (error instanceof AuditLogUnavailableError) return refuse('audit_log_unavailable')
  return refuse(isDatabaseAway(error) ? 'service_unavailable' : 'internal_error')
}

const refusalsByFastifyCode: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_json',
  FST_ERR_HANDLER_TIMEOUT: 'service_unavailable',
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

/**
 * PostgreSQL's classes 08 (connection), 53 (resources), 57P (shutdown), a server that takes no writes (25006), a commit
 * that no standby is known to have (store/pool.ts), the socket's own errors, and the driver's.
 */
function isDatabaseAway(error: unknown): boolean {
  if (error instanceof OverloadedError || isQueryTimeout(error)) return true
  if (!isFastifyError(error)) return error instanceof Error && driverMessages.test(error.message)
  return (
    /^(08|53|57P|25006$|unreplicated$)/.test(error.code) ||
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(error.code)
  )
}
/** The driver gives its own errors no code: a lost connection, and none free or none made in time. */
const driverMessages = /^(Connection terminated|timeout exceeded when trying to connect)/
