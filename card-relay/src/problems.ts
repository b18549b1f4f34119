import type { Reply } from '@fincore/api-contract/card-door'
import type { ErrorCode, Problem } from '@fincore/api-contract/errors'

/**
 * The problems that the relay answers by itself. Status, title and detail are those of the contract's `errorTable`,
 * repeated here because the relay imports no code of another workspace; an end-to-end test compares the two.
 */
export const relayProblems = {
  malformed_json: {
    status: 400,
    title: 'The body is not valid JSON',
    detail: 'The body must be one JSON object, encoded in UTF-8, with no key twice and nothing after it.',
  },
  media_type_unsupported: {
    status: 415,
    title: 'The body must be JSON',
    detail: 'Send `Content-Type: application/json`.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    detail: 'A request body may have at most 64 KiB.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    detail: 'The headers or the body did not arrive in time. Send the request again.',
  },
  route_not_found: {
    status: 404,
    title: 'There is no such endpoint',
    detail: 'Check the path. `/docs` lists every endpoint.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The endpoint does not take this method',
    detail: 'Check the method. `/docs` lists every endpoint.',
  },
  card_number_missing: {
    status: 400,
    title: 'The card number is missing',
    detail: 'The card relay takes charges with `payment_method.card.number`. Send token charges to the public API.',
  },
  card_cvc_missing: {
    status: 400,
    title: 'The card security code is missing',
    detail: 'Send `payment_method.card.cvc`.',
  },
  card_number_invalid: {
    status: 400,
    title: 'The card number is not valid',
    detail: 'A card number is a JSON string of 12 to 19 digits without spaces whose check digit is right.',
  },
  card_cvc_invalid: {
    status: 400,
    title: 'The card security code is not valid',
    detail: 'A security code is a JSON string of 3 or 4 digits.',
  },
  card_field_ambiguous: {
    status: 400,
    title: 'The card is not written plainly',
    detail: 'The number and the code must be plain JSON strings without escapes, once each, at `payment_method.card`.',
  },
  card_data_not_accepted_here: {
    status: 403,
    title: 'Card data is not accepted here',
    detail:
      'The request holds what looks like a card number; nothing of it was kept. Card numbers go only to the card relay, by authorised merchants, in `payment_method.card`. Use a payment session or a token instead.',
  },
  service_unavailable: {
    status: 503,
    title: 'The service is not available',
    detail: 'Wait for `Retry-After` and send the same request with the same idempotency key again.',
  },
} as const satisfies Partial<Record<ErrorCode, { status: number; title: string; detail: string }>>

export type RelayProblemCode = keyof typeof relayProblems

/** Why the relay itself says no. `detail` and `param` are fixed texts of the relay, never the request's own values. */
export type Refusal = { code: RelayProblemCode; param?: string; detail?: string }

/** Makes the RFC 9457 answer to a refusal. `docsUrl` is the address of the docs, without a slash at its end. */
export function makeProblemReply(refusal: Refusal, from: { docsUrl: string; requestId: string }): Reply {
  const row = relayProblems[refusal.code]
  const problem: Problem = {
    type: `${from.docsUrl}/errors#${refusal.code}`,
    title: row.title,
    status: row.status,
    detail: refusal.detail ?? row.detail,
    code: refusal.code,
    param: refusal.param ?? null,
    request_id: from.requestId,
  }
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (row.status === 503) headers['retry-after'] = '2'
  return { status: row.status, headers, body: JSON.stringify(problem) }
}
