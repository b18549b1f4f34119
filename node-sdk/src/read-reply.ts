import type { Reply } from './exchange.ts'
import { type FailedTry, mayHaveActed, readRetryAfter } from './retries.ts'

/** What FinCore said of a refusal, as far as it may be shown. */
export type Problem = { detail: string | null; param: string | null; requestId: string | null; docsUrl: string | null }
export type Failed = { is: 'failed'; problem: Problem } & FailedTry
export type Outcome = { is: 'done'; status: number; body: object; requestId: string | null } | Failed

/** Any object, and what of it is looked at. */
type Body = { code?: unknown; detail?: unknown; param?: unknown; type?: unknown; request_id?: unknown }
/** Passes on a text of the answer, or null when it holds what must not stand in an error. */
type Show = (text: unknown) => string | null

const noWords: Problem = { detail: null, param: null, requestId: null, docsUrl: null }

/**
 * Reads what a try came to. FinCore never repeats a key or a card; something on the way might, so what holds one of
 * `secrets` is left out of the problem.
 */
export function readReply(reply: Reply, secrets: readonly string[], now: number): Outcome {
  if ('failure' in reply) {
    const { failure, wasSent, systemCode } = reply
    const tried = { code: failure, status: null, mayHaveActed: wasSent, systemCode, retryAfterMs: null }
    return { is: 'failed', ...tried, problem: noWords }
  }
  const { status, headers } = reply
  const show = makeShow(secrets)
  const body = readObject(reply.text)
  const requestId = readRequestId(headers['x-request-id'] ?? body?.request_id, show)
  if (body !== null && status >= 200 && status < 300) return { is: 'done', status, body, requestId }
  const code = status >= 400 && /^[a-z_]{1,64}$/.test(String(body?.code)) ? show(body?.code) : null
  return {
    is: 'failed',
    code: code ?? 'answer_unreadable',
    status,
    mayHaveActed: mayHaveActed(status, code),
    systemCode: null,
    retryAfterMs: readRetryAfter(headers['retry-after'], now),
    problem: code === null ? { ...noWords, requestId } : { ...readProblem(body ?? {}, show), requestId },
  }
}

function readProblem(body: Body, show: Show): Omit<Problem, 'requestId'> {
  const param = show(body.param)
  const docsUrl = show(body.type)
  return {
    detail: show(body.detail)?.slice(0, 1000) ?? null,
    param: param !== null && /^[\w.[\]-]{1,200}$/.test(param) ? param : null,
    docsUrl: docsUrl !== null && /^https?:\/\/[\x21-\x7e]{1,500}$/.test(docsUrl) ? docsUrl : null,
  }
}

function readRequestId(value: unknown, show: Show): string | null {
  const text = show(value)
  return text !== null && /^[\w-]{1,100}$/.test(text) ? text : null
}

/** The error of JSON.parse quotes what it read, so it is kept nowhere. */
function readObject(text: string): Body | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

function makeShow(secrets: readonly string[]): Show {
  // A security code is so short that it stands in other numbers, where it tells nothing.
  const patterns = secrets.map((secret) => (/^\d{1,6}$/.test(secret) ? new RegExp(`(?<!\\d)${secret}(?!\\d)`) : secret))
  return (text) => {
    if (typeof text !== 'string') return null
    const bare = text.replaceAll(/[ -]/g, '')
    const holds = (secret: string | RegExp) =>
      typeof secret === 'string' ? text.includes(secret) || bare.includes(secret) : secret.test(text)
    return patterns.some(holds) ? null : text
  }
}
