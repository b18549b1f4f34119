import { WebhookDeliveryList, WebhookTryList } from '@fincore/api-contract/answers'
import {
  deliveryStates,
  NoParameters,
  RedeliverFailed,
  WebhookDelivery,
  WebhookRedelivery,
} from '@fincore/api-contract/webhook-endpoints'
import type { FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { pingWebhookEndpoint } from '../../flows/ping-webhook-endpoint.ts'
import { redeliverFailedWebhooks } from '../../flows/redeliver-failed-webhooks.ts'
import { redeliverWebhook } from '../../flows/redeliver-webhook.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import { merchantOf } from '../../server/caller.ts'
import { RefusalError } from '../../server/problems.ts'
import type { Limit } from '../../server/rate-limit.ts'
import type { App } from '../../server/server.ts'
import { fetchPage } from '../../store/page.ts'
import {
  findDelivery,
  isDeliveryId,
  renderWebhookDelivery,
  type WebhookDeliveryRow,
  webhookDeliveryColumns,
} from '../../store/webhook-deliveries.ts'
import { findWebhookEndpoint } from '../../store/webhook-endpoints.ts'
import { renderWebhookTry, type WebhookTryRow, webhookTryColumns } from '../../store/webhook-tries.ts'
import { sendAnswer } from '../answers.ts'
import { listOf, listOfDeliveries, oneOf, readListQuery } from '../list-query.ts'
import { endpointOf, endpointRequest } from './webhook-endpoint-path.ts'

const read = { access: { by: 'secret_key', scope: 'read' } } as const
const write = { access: { by: 'secret_key', scope: 'webhook_endpoints:write' }, idempotent: true } as const
const path = '/v1/webhook_endpoints/:id'
const deliveries = listOfDeliveries({ status: oneOf(deliveryStates, 'Deliveries that stand here.') })
const tries = listOf('webhookTry', {})
type OfDelivery = { Params: { id: string; delivery: string } }

/** What was sent to an endpoint, what it answered, and sending it again. */
export function registerWebhookDeliveryRoutes(app: App, deps: Deps, limitResending: Limit): void {
  app.post(
    `${path}/ping`,
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

  app.post(
    `${path}/redeliver_failed`,
    {
      config: write,
      schema: {
        body: RedeliverFailed,
        docs: {
          operationId: 'redeliverFailedWebhooks',
          summary: 'Send again all that was not taken since a time',
          tag: 'Webhook endpoints',
          answer: { status: 200, schema: WebhookRedelivery },
          refusals: ['conflict'],
          description:
            'Deliveries that are `failed` or `canceled`, at once and with ten tries from the beginning. Events that happened while the endpoint was disabled have no delivery: read them at `/v1/events`. Together with changes of `status`, 20 a minute.',
        },
      },
    },
    async (request, reply) => {
      await limitResending(request, reply)
      const input = { ...endpointRequest(request), request: request.body }
      return sendAnswer(reply, await redeliverFailedWebhooks(deps, input))
    },
  )

  app.get<{ Params: { id: string } }>(
    `${path}/deliveries`,
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
      const body = { object: 'list', data: page.rows.map(renderWebhookDelivery), has_more: page.hasMore }
      return sendAnswer(reply, { status: 200, body, replayed: false })
    },
  )

  app.get<OfDelivery>(
    `${path}/deliveries/:delivery`,
    {
      config: read,
      schema: {
        docs: {
          operationId: 'getWebhookDelivery',
          summary: 'Read a delivery',
          tag: 'Webhook endpoints',
          answer: { status: 200, schema: WebhookDelivery },
        },
      },
    },
    async (request, reply) => {
      const body = renderWebhookDelivery(await deliveryOf(deps, request))
      return sendAnswer(reply, { status: 200, body, replayed: false })
    },
  )

  app.get<OfDelivery>(
    `${path}/deliveries/:delivery/tries`,
    {
      config: read,
      schema: {
        docs: {
          operationId: 'listWebhookTries',
          summary: 'List the tries of a delivery',
          tag: 'Webhook endpoints',
          answer: { status: 200, schema: WebhookTryList },
          list: tries,
          description:
            'Every request that was sent and what your server answered: kept for 30 days, and at most the last 50 of a delivery.',
        },
      },
    },
    async (request, reply) => {
      const query = readListQuery(request.query, tries)
      if (isRefusal(query)) throw new RefusalError(query)
      const delivery = await deliveryOf(deps, request)
      const page = await fetchPage<WebhookTryRow>(deps.pool, {
        columns: webhookTryColumns,
        table: 'webhook_tries',
        merchantId: delivery.merchant_id,
        equal: { delivery_id: delivery.id },
        query,
      })
      if (isRefusal(page)) throw new RefusalError(page)
      const data = page.rows.map((row) => renderWebhookTry(row, delivery.event_id))
      return sendAnswer(reply, {
        status: 200,
        body: { object: 'list', data, has_more: page.hasMore },
        replayed: false,
      })
    },
  )

  app.post<OfDelivery>(
    `${path}/deliveries/:delivery/redeliver`,
    {
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
    },
    async (request, reply) => {
      const deliveryId = deliveryIdOf(request)
      return sendAnswer(reply, await redeliverWebhook(deps, { ...endpointRequest(request), deliveryId }))
    },
  )
}

/** The delivery that the path names; a text of another form names none, so the database is not asked. */
function deliveryIdOf(request: FastifyRequest): string {
  const { delivery } = request.params as { delivery: string }
  if (!isDeliveryId(delivery)) throw new RefusalError(refuse('resource_not_found', { param: 'delivery' }))
  return delivery
}

async function deliveryOf(deps: Deps, request: FastifyRequest): Promise<WebhookDeliveryRow> {
  const [merchantId, endpointId, id] = [merchantOf(request), endpointOf(request), deliveryIdOf(request)]
  const delivery = await findDelivery(deps.pool, { merchantId, endpointId, id })
  if (delivery === null) throw new RefusalError(refuse('resource_not_found', { param: 'delivery' }))
  return delivery
}
