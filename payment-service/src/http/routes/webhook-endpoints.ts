import { DeletedWebhookEndpoint, WebhookEndpointList } from '@fincore/api-contract/answers'
import {
  CreateWebhookEndpoint,
  RotateWebhookSecret,
  UpdateWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from '@fincore/api-contract/webhook-endpoints'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createWebhookEndpointOnce } from '../../flows/create-webhook-endpoint.ts'
import { removeWebhookEndpoint } from '../../flows/delete-webhook-endpoint.ts'
import { rotateWebhookSecret } from '../../flows/rotate-webhook-secret.ts'
import { changeWebhookEndpoint } from '../../flows/update-webhook-endpoint.ts'
import { isRefusal, type Refusal, refuse } from '../../refusal.ts'
import { keyOf, merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'
import type { Limit } from '../../server/rate-limit.ts'
import type { App } from '../../server/server.ts'
import { findHealth, findHealthOf } from '../../store/endpoint-health.ts'
import { fetchPage } from '../../store/page.ts'
import {
  findWebhookEndpoint,
  renderWebhookEndpoint,
  type WebhookEndpointRow,
  webhookEndpointColumns,
} from '../../store/webhook-endpoints.ts'
import { sendAnswer } from '../answers.ts'
import { listOf, readListQuery } from '../list-query.ts'
import { endpointOf, endpointRequest } from './webhook-endpoint-path.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const
const change = { access: { by: 'secret_key', scope: 'webhook_endpoints:write' } } as const
const write = { ...change, idempotent: true } as const
const path = '/v1/webhook_endpoints'
const endpoints = listOf('webhookEndpoint', {})
type OfEndpoint = { Params: { id: string } }

/** `/v1/webhook_endpoints`: where a merchant's events go. What became of each is in webhook-deliveries.ts. */
export function registerWebhookEndpointRoutes(app: App, deps: Deps, limitResending: Limit): void {
  app.post(
    path,
    {
      config: write,
      schema: {
        body: CreateWebhookEndpoint,
        docs: {
          operationId: 'createWebhookEndpoint',
          summary: 'Have events sent to your server',
          tag: 'Webhook endpoints',
          answer: { status: 201, schema: WebhookEndpointWithSecret },
          refusals: [
            'webhook_url_not_allowed',
            'webhook_endpoint_limit_reached',
            'conflict',
            'resource_not_found',
            'audit_log_unavailable',
          ],
          description: 'The answer shows the secret: keep it.',
        },
      },
    },
    async (request, reply) => {
      const input = { idempotencyKey: keyOf(request), request: request.body, ...callerOf(request) }
      return sendAnswer(reply, await createWebhookEndpointOnce(deps, input))
    },
  )

  app.get(
    path,
    {
      config: read,
      schema: {
        docs: {
          operationId: 'listWebhookEndpoints',
          summary: 'List webhook endpoints',
          tag: 'Webhook endpoints',
          answer: { status: 200, schema: WebhookEndpointList },
          list: endpoints,
        },
      },
    },
    async (request, reply) => {
      const query = readListQuery(request.query, endpoints)
      if (isRefusal(query)) throw new RefusalError(query)
      const source = {
        columns: webhookEndpointColumns,
        table: 'webhook_endpoints',
        merchantId: merchantOf(request),
        query,
      } as const
      const page = await fetchPage<WebhookEndpointRow>(deps.pool, source)
      if (isRefusal(page)) throw new RefusalError(page)
      const ids = page.rows.map(({ id }) => id)
      const health = await findHealth(deps.pool, source.merchantId, ids)
      return sendBody(reply, {
        object: 'list',
        data: page.rows.map((row) => renderWebhookEndpoint(row, health.get(row.id) ?? null)),
        has_more: page.hasMore,
      })
    },
  )

  app.get<OfEndpoint>(
    `${path}/:id`,
    {
      config: read,
      schema: {
        docs: {
          operationId: 'getWebhookEndpoint',
          summary: 'Read a webhook endpoint',
          tag: 'Webhook endpoints',
          answer: { status: 200, schema: WebhookEndpoint },
        },
      },
    },
    async (request, reply) => {
      const merchantId = merchantOf(request)
      const row = await findWebhookEndpoint(deps.pool, merchantId, endpointOf(request))
      if (row === null) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
      return sendBody(reply, renderWebhookEndpoint(row, await findHealthOf(deps.pool, merchantId, row.id)))
    },
  )

  app.patch(
    `${path}/:id`,
    {
      config: change,
      schema: {
        body: UpdateWebhookEndpoint,
        docs: {
          operationId: 'updateWebhookEndpoint',
          summary: 'Change, disable or enable a webhook endpoint',
          tag: 'Webhook endpoints',
          answer: { status: 200, schema: WebhookEndpoint },
          refusals: ['webhook_url_not_allowed', 'audit_log_unavailable'],
        },
      },
    },
    async (request, reply) => {
      if (request.body.status !== undefined) await limitResending(request, reply)
      const input = { endpointId: endpointOf(request), request: request.body, ...callerOf(request) }
      return sendBody(reply, await changeWebhookEndpoint(deps, input))
    },
  )

  app.delete(
    `${path}/:id`,
    {
      config: change,
      schema: {
        docs: {
          operationId: 'deleteWebhookEndpoint',
          summary: 'Delete a webhook endpoint',
          tag: 'Webhook endpoints',
          answer: { status: 200, schema: DeletedWebhookEndpoint },
          refusals: ['audit_log_unavailable'],
          description: 'Its deliveries go with it; its events stay.',
        },
      },
    },
    async (request, reply) => {
      const input = { endpointId: endpointOf(request), ...callerOf(request) }
      return sendBody(reply, await removeWebhookEndpoint(deps, input))
    },
  )

  app.post(
    `${path}/:id/rotate_secret`,
    {
      config: write,
      schema: {
        body: RotateWebhookSecret,
        docs: {
          operationId: 'rotateWebhookSecret',
          summary: 'Make a new secret',
          tag: 'Webhook endpoints',
          answer: { status: 200, schema: WebhookEndpointWithSecret },
          refusals: ['conflict', 'audit_log_unavailable'],
          description: 'Until the overlap ends, both secrets sign.',
        },
      },
    },
    async (request, reply) =>
      sendAnswer(
        reply,
        await rotateWebhookSecret(deps, {
          ...endpointRequest(request),
          ...callerOf(request),
          request: request.body,
        }),
      ),
  )
}

/** Whose endpoint it is, and who changes it. */
function callerOf(request: FastifyRequest) {
  return { merchantId: merchantOf(request), by: { keyId: request.apiKey?.id ?? 'unknown', origin: request.ip } }
}

function sendBody(reply: FastifyReply, body: object | Refusal): FastifyReply {
  return sendAnswer(reply, isRefusal(body) ? body : { status: 200, body, replayed: false })
}
