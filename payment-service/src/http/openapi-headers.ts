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

export const replayedHeader = {
  description: 'This is the answer to an earlier request with this key.',
  schema: { type: 'string', enum: ['true'], examples: ['true'] },
}
