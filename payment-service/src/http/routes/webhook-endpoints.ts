import { DeletedWebhookEndpoint, WebhookDeliveryList, WebhookEndpointList } from '@fincore/api-contract/answers'
import {
  CreateWebhookEndpoint,
  deliveryStates,
  NoParameters,
  RotateWebhookSecret,
  UpdateWebhookEndpoint,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from '@fincore/api-contract/webhook-endpoints'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { createWebhookEndpointOnce } from '../../flows/create-webhook-endpoint.ts'
import { removeWebhookEndpoint } from '../../flows/delete-webhook-endpoint.ts'
import { pingWebhookEndpoint } from '../../flows/ping-webhook-endpoint.ts'
import { redeliverWebhook } from '../../flows/redeliver-webhook.ts'
import { rotateWebhookSecret } from '../../flows/rotate-webhook-secret.ts'
import { changeWebhookEndpoint } from '../../flows/update-webhook-endpoint.ts'
import { isId } from '../../ids.ts'
import { isRefusal, type Refusal, refuse } from '../../refusal.ts'
import { keyOf, merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'
import type { App } from '../../server/server.ts'
import { fetchPage } from '../../store/page.ts'
import {
  isDeliveryId,
  renderWebhookDelivery,
  type WebhookDeliveryRow,
  webhookDeliveryColumns,
} from '../../store/webhook-deliveries.ts'
import {
  findWebhookEndpoint,
  renderWebhookEndpoint,
  type WebhookEndpointRow,
  webhookEndpointColumns,
} from '../../store/webhook-endpoints.ts'
import { sendAnswer } from '../answers.ts'
import { listOf, listOfDeliveries, oneOf, readListQuery } from '../list-query.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const
const change = { access: { by: 'secret_key', scope: 'webhook_endpoints:write' } } as const
const write = { ...change, idempotent: true } as const
const path = '/v1/webhook_endpoints'
const endpoints = listOf('webhookEndpoint', {})
const deliveries = listOfDeliveries({ status: oneOf(deliveryStates, 'Deliveries that stand here.') })
type OfEndpoint = { Params: { id: string } }
type OfDelivery = { Params: { id: string; delivery: string } }

/** `/v1/webhook_endpoints`: where a merchant's events go, and what became of each. */
export function registerWebhookEndpointRoutes(app: App, deps: Deps): void {
  registerEndpoints(app, deps)
  registerDeliveries(app, deps)
}

function registerEndpoints(app: App, deps: Deps): void {
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
      return sendBody(reply, {
        object: 'list',
        data: page.rows.map(renderWebhookEndpoint),
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
      const row = await findWebhookEndpoint(deps.pool, merchantOf(request), endpointOf(request))
      return sendBody(reply, row === null ? refuse('resource_not_found', { param: 'id' }) : renderWebhookEndpoint(row))
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

function registerDeliveries(app: App, deps: Deps): void {
  app.post(
    `${path}/:id/ping`,
    {
      config: write,
      schema: {
        body: NoParameters,
        docs: {
          operationId: 'pingWebhookEndpoint',
          summary: 'Send a test event',
          tag: 'Webhook endpoints',
          answer: { status: 201, schema: WebhookDelivery },
          refusals: ['conflict'],
        },
      },
    },
    async (request, reply) => sendAnswer(reply, await pingWebhookEndpoint(deps, endpointRequest(request))),
  )

  app.get<OfEndpoint>(
    `${path}/:id/deliveries`,
    {
      config: read,
      schema: {
        docs: {
          operationId: 'listWebhookDeliveries',
          summary: 'List what was sent to an endpoint',
          tag: 'Webhook endpoints',
          answer: { status: 200, schema: WebhookDeliveryList },
          list: deliveries,
        },
      },
    },
    async (request, reply) => {
      const query = readListQuery(request.query, deliveries)
      if (isRefusal(query)) throw new RefusalError(query)
      const merchantId = merchantOf(request)
      const endpoint = await findWebhookEndpoint(deps.pool, merchantId, endpointOf(request))
      if (endpoint === null) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
      const page = await fetchPage<WebhookDeliveryRow>(deps.pool, {
        columns: webhookDeliveryColumns,
        table: 'webhook_deliveries',
        merchantId,
        equal: { endpoint_id: endpoint.id, state: query.filters.status },
        query,
      })
      if (isRefusal(page)) throw new RefusalError(page)
      return sendBody(reply, {
        object: 'list',
        data: page.rows.map(renderWebhookDelivery),
        has_more: page.hasMore,
      })
    },
  )

  const redeliver = {
    config: write,
    schema: {
      body: NoParameters,
      docs: {
        operationId: 'redeliverWebhook',
        summary: 'Send an event again',
        tag: 'Webhook endpoints',
        answer: { status: 200, schema: WebhookDelivery },
        refusals: ['conflict'],
        description: 'At once, and with ten tries from the beginning.',
      },
    },
  } as const
  app.post<OfDelivery>(`${path}/:id/deliveries/:delivery/redeliver`, redeliver, async (request, reply) => {
    const deliveryId = request.params.delivery
    if (!isDeliveryId(deliveryId)) throw new RefusalError(refuse('resource_not_found', { param: 'delivery' }))
    return sendAnswer(reply, await redeliverWebhook(deps, { ...endpointRequest(request), deliveryId }))
  })
}

/** Whose endpoint it is, and who changes it. */
function callerOf(request: FastifyRequest) {
  return { merchantId: merchantOf(request), by: { keyId: request.apiKey?.id ?? 'unknown', origin: request.ip } }
}

function endpointRequest(request: FastifyRequest) {
  return { merchantId: merchantOf(request), endpointId: endpointOf(request), idempotencyKey: keyOf(request) }
}

/** The endpoint that the path names; a text of another form names none, so the database is not asked. */
function endpointOf(request: FastifyRequest): string {
  const { id } = request.params as { id: string }
  if (!isId('webhookEndpoint', id)) throw new RefusalError(refuse('resource_not_found', { param: 'id' }))
  return id
}

function sendBody(reply: FastifyReply, body: object | Refusal): FastifyReply {
  return sendAnswer(reply, isRefusal(body) ? body : { status: 200, body, replayed: false })
}
