import {
  CreateWebhookEndpoint,
  NoParameters,
  RotateWebhookSecret,
  UpdateWebhookEndpoint,
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
import { readListQuery } from '../list-query.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const
const change = { access: { by: 'secret_key', scope: 'webhook_endpoints:write' } } as const
const write = { ...change, idempotent: true } as const
const path = '/v1/webhook_endpoints'
/** An action without parameters may come without a body. */
const action = {
  config: write,
  preValidation: async (request: FastifyRequest) => {
    request.body ??= {}
  },
}
type OfEndpoint = { Params: { id: string } }
type OfDelivery = { Params: { id: string; delivery: string } }

/** `/v1/webhook_endpoints`: where a merchant's events go, and what became of each. */
export function registerWebhookEndpointRoutes(app: App, deps: Deps): void {
  registerEndpoints(app, deps)
  registerDeliveries(app, deps)
}

function registerEndpoints(app: App, deps: Deps): void {
  app.post(path, { config: write, schema: { body: CreateWebhookEndpoint } }, async (request, reply) => {
    const input = { merchantId: merchantOf(request), idempotencyKey: keyOf(request), request: request.body }
    return sendAnswer(reply, await createWebhookEndpointOnce(deps, input))
  })

  app.get(path, { config: read }, async (request, reply) => {
    const query = readListQuery(request.query, 'webhookEndpoint')
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
  })

  app.get<OfEndpoint>(`${path}/:id`, { config: read }, async (request, reply) => {
    const row = await findWebhookEndpoint(deps.pool, merchantOf(request), endpointOf(request))
    return sendBody(reply, row === null ? refuse('resource_not_found', { param: 'id' }) : renderWebhookEndpoint(row))
  })

  app.patch(`${path}/:id`, { config: change, schema: { body: UpdateWebhookEndpoint } }, async (request, reply) => {
    const input = { merchantId: merchantOf(request), endpointId: endpointOf(request), request: request.body }
    return sendBody(reply, await changeWebhookEndpoint(deps, input))
  })

  app.delete(`${path}/:id`, { config: change }, async (request, reply) => {
    const input = { merchantId: merchantOf(request), endpointId: endpointOf(request) }
    return sendBody(reply, await removeWebhookEndpoint(deps, input))
  })

  app.post(`${path}/:id/rotate_secret`, { ...action, schema: { body: RotateWebhookSecret } }, async (request, reply) =>
    sendAnswer(reply, await rotateWebhookSecret(deps, { ...endpointRequest(request), request: request.body })),
  )
}

function registerDeliveries(app: App, deps: Deps): void {
  app.post(`${path}/:id/ping`, { ...action, schema: { body: NoParameters } }, async (request, reply) =>
    sendAnswer(reply, await pingWebhookEndpoint(deps, endpointRequest(request))),
  )

  app.get<OfEndpoint>(`${path}/:id/deliveries`, { config: read }, async (request, reply) => {
    const query = readListQuery(request.query, isDeliveryId, ['status'])
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
  })

  const redeliver = { ...action, schema: { body: NoParameters } }
  app.post<OfDelivery>(`${path}/:id/deliveries/:delivery/redeliver`, redeliver, async (request, reply) => {
    const deliveryId = request.params.delivery
    if (!isDeliveryId(deliveryId)) throw new RefusalError(refuse('resource_not_found', { param: 'delivery' }))
    return sendAnswer(reply, await redeliverWebhook(deps, { ...endpointRequest(request), deliveryId }))
  })
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
