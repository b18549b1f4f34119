/** One answer of an operation. */
export type Response = {
  description: string
  headers: Record<string, { description: string; schema: object }>
  content: Record<string, { schema: object }>
}

export const requestIdHeader = {
  description: 'The request’s id, for your operator.',
  schema: { type: 'string', pattern: '^req_[0-9a-hjkmnp-tv-z]{26}$', examples: ['req_01kx7p2z3r8v9w0a1b2c3d4e5f'] },
}

/** Not on `overloaded`, which is answered before anything else. */
export const serverTimingHeader = {
  description:
    'Milliseconds that the request took at FinCore itself, and that it waited for the PSP, when one was called.',
  schema: {
    type: 'string',
    pattern: '^fincore;dur=\\d{1,7}\\.\\d(, psp;dur=\\d{1,7}\\.\\d)?$',
    examples: ['fincore;dur=4.2, psp;dur=184.0'],
  },
}

export const replayedHeader = {
  description: 'This is the answer to an earlier request with this key.',
  schema: { type: 'string', enum: ['true'], examples: ['true'] },
}

const requests = (description: string, like: number) => ({
  description,
  schema: { type: 'integer', minimum: 0, maximum: 1_000_000, examples: [like] },
})

/** On every answer to a key, refusals included: draft-ietf-httpapi-ratelimit-headers-06. */
export const rateLimitHeaders = {
  'RateLimit-Limit': requests('How many requests this key may send in a minute.', 12_000),
  'RateLimit-Remaining': requests('How many of them are left.', 11_999),
  'RateLimit-Reset': requests('In how many seconds they are all there again.', 60),
  'RateLimit-Policy': {
    description: 'The limit and its window in seconds.',
    schema: { type: 'string', pattern: '^\\d{1,7};w=\\d{1,5}$', examples: ['12000;w=60'] },
  },
}
