import type { ErrorCode } from '@fincore/api-contract/errors'
import type { TSchema } from 'typebox'
import type { ListDescription } from './list-query.ts'

/** The groups of the API's endpoints, in the order in which they are shown. */
export const tags = {
  'Payment sessions': 'A page at the PSP, behind a link that works once.',
  Charges: 'One payment, however the card came in.',
  Refunds: 'Money given back.',
  Disputes: 'Payments that a shopper disputes with their bank.',
  Events: 'What happened, as it was sent.',
  'Webhook endpoints': 'Where events are sent, and what became of each.',
  Browser: 'For `@fincore/browser`, with the publishable key.',
} as const

/** What `/v1/openapi.json` and `/docs` say of a route, beside what they read from the route itself. */
export type RouteDocs = {
  operationId: string
  summary: string
  description?: string
  tag: keyof typeof tags
  answer: { status: 200 | 201; schema: TSchema }
  /** How this endpoint refuses, beside what all of its kind have (openapi-refusals.ts). The contract's test holds it to it. */
  refusals?: readonly ErrorCode[]
  /** The query of a list: the same table that the route reads it by. */
  list?: ListDescription
}

declare module 'fastify' {
  interface FastifySchema {
    /**
     * For the documents alone. `response` is not used: Fastify would serialise by it, and what a flow answered must
     * arrive byte for byte, replays included.
     */
    docs?: RouteDocs
  }
}
