import { deliveryId, idOf } from '@fincore/api-contract/fields'
import type { TSchema } from 'typebox'
import { idPrefixes } from '../ids.ts'
import type { Access } from '../server/caller.ts'
import { describeListParameters } from './list-query.ts'
import {
  type Response,
  rateLimitHeaders,
  replayedHeader,
  requestIdHeader,
  serverTimingHeader,
} from './openapi-headers.ts'
import { describeRefusals, listRefusals } from './openapi-refusals.ts'
import { schemaOf } from './openapi-schemas.ts'
import type { RouteDocs } from './route-docs.ts'

/** One endpoint, as openapi.json describes it. */
export type Operation = {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  security: Record<string, string[]>[]
  servers?: { url: string; description: string }[]
  parameters: Parameter[]
  requestBody?: { required: boolean; content: Record<string, { schema: object }> }
  responses: Record<string, Response>
}
export type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description: string
  schema: object
}

export type DescribedRoute = {
  method: string
  /** As Fastify writes it, `/v1/charges/:id`. */
  url: string
  access: Exclude<Access, { by: 'anyone' | 'operator' }>
  idempotent: boolean
  body: TSchema | undefined
  docs: RouteDocs
}

/** What the id in a path names, by the path's part in front of it. */
const idsByCollection: Readonly<Record<string, object & { description: string }>> = {
  charges: described(idOf(idPrefixes.charge, 'The charge’s id.')),
  refunds: described(idOf(idPrefixes.refund, 'The refund’s id.')),
  disputes: described(idOf(idPrefixes.dispute, 'The dispute’s id.')),
  payment_sessions: described(idOf(idPrefixes.session, 'The payment session’s id.')),
  events: described(idOf(idPrefixes.event, 'The event’s id.')),
  webhook_endpoints: described(idOf(idPrefixes.webhookEndpoint, 'The endpoint’s id.')),
  deliveries: described(deliveryId('The delivery’s id.')),
}

function described(schema: object & { description?: string }): object & { description: string } {
  return { ...schema, description: schema.description ?? '' }
}

export const idempotencyKeyParameter: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'New for each new intention, the same for a retry. Known for 90 days, per merchant.',
  schema: {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    pattern: '^[\\x20-\\x7e]+$',
    examples: ['0b7a0c5e-5b5f-4a43-9c57-2f7b6e0f6a55'],
  },
}

export function describeOperation({ method, url, access, idempotent, body, docs }: DescribedRoute): Operation {
  const scope = access.by === 'secret_key' ? [access.scope] : []
  const said = [docs.description, ...scope.map((name) => `The key needs the scope \`${name}\`.`)].filter(Boolean)
  const path = describePath(url)
  const refusable = {
    method,
    access,
    idempotent,
    hasBody: body !== undefined,
    hasPathParameters: path.length > 0,
    isList: docs.list !== undefined,
    refusals: docs.refusals ?? [],
  }
  return {
    operationId: docs.operationId,
    summary: docs.summary,
    ...(said.length === 0 ? {} : { description: said.join(' ') }),
    tags: [docs.tag],
    // What a publishable key may do, a secret one may do as well.
    security: [{ [access.by]: [] }, ...(access.by === 'publishable_key' ? [{ secret_key: [] }] : [])],
    parameters: [
      ...path,
      ...(docs.list === undefined ? [] : describeListParameters(docs.list)),
      ...(idempotent ? [idempotencyKeyParameter] : []),
    ],
    ...(body === undefined ? {} : { requestBody: describeBody(body) }),
    responses: {
      ...describeAnswer(docs.answer, idempotent, rateLimitHeaders),
      ...describeRefusals(listRefusals(refusable)),
    },
  }
}

export function describeBody(body: TSchema): NonNullable<Operation['requestBody']> {
  const required = 'required' in body && Array.isArray(body.required) && body.required.length > 0
  return { required, content: { 'application/json': { schema: schemaOf(body) } } }
}

export function describeAnswer(
  answer: RouteDocs['answer'],
  idempotent: boolean,
  more: Response['headers'] = {},
): Record<string, Response> {
  return {
    [answer.status]: {
      description: answer.status === 201 ? 'Made.' : 'The answer.',
      headers: {
        'X-Request-Id': requestIdHeader,
        'Server-Timing': serverTimingHeader,
        ...(idempotent ? { 'Idempotent-Replayed': replayedHeader } : {}),
        ...more,
      },
      content: { 'application/json': { schema: schemaOf(answer.schema) } },
    },
  }
}

function describePath(url: string): Parameter[] {
  return [...url.matchAll(/\/(\w+)\/:(\w+)/g)].map(([, collection = '', name = '']) => {
    const { description, ...schema } = idsByCollection[collection] ?? { description: '' }
    return { name, in: 'path', required: true, description, schema }
  })
}
