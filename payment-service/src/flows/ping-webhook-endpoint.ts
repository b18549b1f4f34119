import type { WebhookDelivery } from '@fincore/api-contract/webhook-endpoints'
import type { Deps } from '../deps.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { findHealthOf } from '../store/endpoint-health.ts'
import { insertEvent, makeEvent } from '../store/events.ts'
import { nextSequenceOf } from '../store/events-list.ts'
import { insertDelivery, renderWebhookDelivery } from '../store/webhook-deliveries.ts'
import { lockWebhookEndpoint, renderWebhookEndpoint } from '../store/webhook-endpoints.ts'
import { answerOnce, type StoredAnswer } from './answer-once.ts'

export type EndpointRequest = { merchantId: string; endpointId: string; idempotencyKey: string }

/** Sends a `ping` event to one endpoint alone, through the same queue and with the same signature as every event. */
export async function pingWebhookEndpoint(
  deps: Pick<Deps, 'pool' | 'now' | 'wakeOutbox'>,
  input: EndpointRequest,
): Promise<StoredAnswer<WebhookDelivery> | Refusal> {
  const { merchantId, endpointId } = input
  const operation = `POST /v1/webhook_endpoints/${endpointId}/ping`
  const answer = await answerOnce<WebhookDelivery>(
    deps,
    { ...input, operation, request: {}, objectId: endpointId },
    async (tx) => {
      const row = await lockWebhookEndpoint(tx, merchantId, endpointId)
      if (row === null) return refuse('resource_not_found', { param: 'id' })
      if (row.status === 'disabled') return refuse('conflict', { detail: disabledDetail })
      const sequence = await nextSequenceOf(tx, merchantId, endpointId)
      const endpoint = renderWebhookEndpoint(row, await findHealthOf(tx, merchantId, endpointId))
      const event = makeEvent('ping', merchantId, endpoint, sequence, deps.now())
      await insertEvent(tx, event)
      const delivery = await insertDelivery(tx, { merchantId, endpointId, eventId: event.id })
      return { status: 201, body: renderWebhookDelivery(delivery) }
    },
  )
  if (!isRefusal(answer) && !answer.replayed) deps.wakeOutbox()
  return answer
}

export const disabledDetail = 'The endpoint is disabled, so nothing is sent to it. Enable it first.'
