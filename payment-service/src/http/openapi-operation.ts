import { ProblemBody } from '@fincore/api-contract/answers'
import type { TSchema } from 'typebox'
import type { Access } from '../server/caller.ts'
import { pageParameters } from './list-query.ts'
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
  responses: Record<string, { description: string; headers: object; content: Record<string, { schema: object }> }>
}
type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description: string
  schema: object
}

export type DescribedRoute = {
  /** As Fastify writes it, `/v1/charges/:id`. */
  url: string
  access: Exclude<Access, { by: 'anyone' | 'operator' }>
  idempotent: boolean
  body: TSchema | undefined
  docs: RouteDocs
}

/** What the id in a path names, by the path's part in front of it. */
const idsByCollection: Readonly<Record<string, string>> = {
  charges: 'The charge’s id, `ch_…`.',
  refunds: 'The refund’s id, `re_…`.',
  disputes: 'The dispute’s id, `dp_…`.',
  payment_sessions: 'The payment session’s id, `ps_…`.',
  events: 'The event’s id, `evt_…`.',
  webhook_endpoints: 'The endpoint’s id, `whe_…`.',
  deliveries: 'The delivery’s id, `del_…`.',
}

export const idempotencyKeyParameter: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'New for each new intention, the same for a retry. Known for 90 days, per merchant.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

export function describeOperation({ url, access, idempotent, body, docs }: DescribedRoute): Operation {
  const scope = access.by === 'secret_key' ? [access.scope] : []
  const said = [docs.description, ...scope.map((name) => `The key needs the scope \`${name}\`.`)].filter(Boolean)
  return {
    operationId: docs.operationId,
    summary: docs.summary,
    ...(said.length === 0 ? {} : { description: said.join(' ') }),
    tags: [docs.tag],
    security: [{ [access.by]: scope }],
    parameters: [...describePath(url), ...describeQuery(docs.list), ...(idempotent ? [idempotencyKeyParameter] : [])],
    ...(body === undefined ? {} : { requestBody: describeBody(body) }),
    responses: describeResponses(docs.answer, idempotent),
  }
}

export function describeBody(body: TSchema): NonNullable<Operation['requestBody']> {
  const required = 'required' in body && Array.isArray(body.required) && body.required.length > 0
  return { required, content: { 'application/json': { schema: schemaOf(body) } } }
}

export function describeResponses(answer: RouteDocs['answer'], idempotent: boolean): Operation['responses'] {
  const requestId = { description: 'The request’s id, for your operator.', schema: { type: 'string' } }
  const replayed = {
    description: 'This is the answer to an earlier request with this key.',
    schema: { type: 'string', enum: ['true'] },
  }
  const retryAfter = { description: 'Seconds to wait before the same request again.', schema: { type: 'integer' } }
  return {
    [answer.status]: {
      description: answer.status === 201 ? 'Made.' : 'The answer.',
      headers: { 'X-Request-Id': requestId, ...(idempotent ? { 'Idempotent-Replayed': replayed } : {}) },
      content: { 'application/json': { schema: schemaOf(answer.schema) } },
    },
    default: {
      description: 'A problem; `code` says which.',
      headers: { 'X-Request-Id': requestId, 'Retry-After': retryAfter },
      content: { 'application/problem+json': { schema: schemaOf(ProblemBody) } },
    },
  }
}

function describePath(url: string): Parameter[] {
  return [...url.matchAll(/\/(\w+)\/:(\w+)/g)].map(([, collection = '', name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: idsByCollection[collection] ?? '',
    schema: { type: 'string' },
  }))
}

function describeQuery(list: RouteDocs['list']): Parameter[] {
  if (list === undefined) return []
  return Object.entries({ ...pageParameters, ...list.filters }).map(([name, { description, schema }]) => ({
    name,
    in: 'query',
    required: false,
    description,
    schema,
  }))
}
