import type { Reply } from '@fincore/api-contract/card-door'
import type { Problem } from '@fincore/api-contract/errors'
// The contract's own rows, as `npm run docs` writes them: the relay imports no code of another part.
import rows from './problems.json' with { type: 'json' }

type Row = { status: number; title: string; meaning: string; retryAfterSeconds?: number }

/**
 * Why the relay itself says no. `detail` and `param` are fixed texts of the relay, never the request's own values;
 * `allow` is the method that the address takes.
 */
export type Refusal = { code: keyof typeof rows; param?: string | undefined; detail?: string; allow?: string }

export const unavailable: Refusal = { code: 'service_unavailable' }

/** Makes the RFC 9457 answer to a refusal. `docsUrl` is the address of the docs, without a slash at its end. */
export function makeProblemReply(refusal: Refusal, docsUrl: string, requestId: string): Reply {
  const { status, title, meaning, retryAfterSeconds }: Row = rows[refusal.code]
  const { code, detail = meaning, param = null } = refusal
  const type = `${docsUrl}/errors#${code}`
  const problem: Problem = { type, title, status, detail, code, param, request_id: requestId }
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds)
  if (refusal.allow !== undefined) headers.allow = refusal.allow
  return { status, headers, body: JSON.stringify(problem) }
}
