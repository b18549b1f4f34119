import type { Reply } from '@fincore/api-contract/card-door'
import { makeProblem, retryAfterSecondsOf } from '@fincore/api-contract/errors'
import type { Refusal } from '../refusal.ts'

/** The answer that the relay gives for a refusal (RFC 9457), as the public API would give it. */
export function problemReply(refusal: Refusal, requestId: string, docsUrl: string): Reply {
  const problem = makeProblem(refusal.refused, {
    docsUrl,
    requestId,
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
    param: refusal.param ?? null,
  })
  const retryAfter = refusal.retryAfterSeconds ?? retryAfterSecondsOf(refusal.refused)
  return {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    body: JSON.stringify(problem),
  }
}

/** An answer with an object of the API; `headers` are added to its own. */
export function jsonReply(status: number, object: object, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(object),
  }
}
