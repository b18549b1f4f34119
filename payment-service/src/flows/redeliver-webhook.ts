import type { WebhookDelivery } from '@fincore/api-contract/webhook-endpoints'
import type { Deps } from '../deps.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { renderWebhookDelivery, restartDelivery } from '../store/webhook-deliveries.ts'
import { lockWebhookEndpoint } from '../store/webhook-endpoints.ts'
import { answerOnce, type StoredAnswer } from './answer-once.ts'
import { disabledDetail, type EndpointRequest } from './ping-webhook-endpoint.ts'

/** Sends an event to an endpoint again, now and with all tries, whatever became of it before. */
export async function redeliverWebhook(
  deps: Pick<Deps, 'pool' | 'now' | 'wakeOutbox'>,
  input: EndpointRequest & { deliveryId: string },
): Promise<StoredAnswer<WebhookDelivery> | Refusal> {
  const { merchantId, endpointId, deliveryId } = input
  const operation = `POST /v1/webhook_endpoints/${endpointId}/deliveries/${deliveryId}/redeliver`
  const answer = await answerOnce<WebhookDelivery>(
    deps,
    { ...input, operation, request: {}, objectId: endpointId },
    async (tx) => {
      const endpoint = await lockWebhookEndpoint(tx, merchantId, endpointId)
      if (endpoint === null) return refuse('resource_not_found', { param: 'id' })
      if (endpoint.status === 'disabled') return refuse('conflict', { detail: disabledDetail })
      const delivery = await restartDelivery(tx, { merchantId, endpointId, id: deliveryId })
      if (delivery === null) return refuse('resource_not_found', { param: 'delivery' })
      return { status: 200, body: renderWebhookDelivery(delivery) }
    },
  )
  if (!isRefusal(answer) && !answer.replayed) deps.wakeOutbox()
  return answer
}
