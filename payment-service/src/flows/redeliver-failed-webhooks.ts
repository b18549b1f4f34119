import { type RedeliverFailed, redeliverLimit, type WebhookRedelivery } from '@fincore/api-contract/webhook-endpoints'
import type { Deps } from '../deps.ts'
import { lowestIdAt } from '../ids.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { restartUndelivered } from '../store/webhook-deliveries.ts'
import { lockWebhookEndpoint } from '../store/webhook-endpoints.ts'
import { answerOnce, type StoredAnswer } from './answer-once.ts'
import { disabledDetail, type EndpointRequest } from './ping-webhook-endpoint.ts'

/**
 * Sends again what an endpoint did not take of the events from `since` to before `until`: what has failed, and what was
 * canceled because the endpoint was disabled. At most 10,000 in one call, the oldest first; each with all its tries. A time
 * that ends before it begins holds nothing.
 */
export async function redeliverFailedWebhooks(
  deps: Pick<Deps, 'pool' | 'now' | 'wakeOutbox'>,
  input: EndpointRequest & { request: RedeliverFailed },
): Promise<StoredAnswer<WebhookRedelivery> | Refusal> {
  const { merchantId, endpointId, request } = input
  const since = new Date(request.since)
  const until = request.until === undefined ? deps.now() : new Date(request.until)
  // A time can have the right form and be none, such as a leap second.
  for (const [param, time] of Object.entries({ since, until }))
    if (Number.isNaN(time.getTime())) return refuse('parameter_invalid', { param, detail: unreadable(param) })
  const operation = `POST /v1/webhook_endpoints/${endpointId}/redeliver_failed`
  const answer = await answerOnce<WebhookRedelivery>(
    deps,
    { ...input, operation, objectId: endpointId },
    async (tx) => {
      const endpoint = await lockWebhookEndpoint(tx, merchantId, endpointId)
      if (endpoint === null) return refuse('resource_not_found', { param: 'id' })
      if (endpoint.status === 'disabled') return refuse('conflict', { detail: disabledDetail })
      const range = { from: lowestIdOf(since), to: lowestIdOf(until), limit: redeliverLimit }
      const { restarted, hasMore } = await restartUndelivered(tx, { merchantId, endpointId }, range)
      const body = {
        object: 'webhook_redelivery',
        webhook_endpoint: endpointId,
        since: since.toISOString(),
        until: until.toISOString(),
        redelivered: restarted,
        has_more: hasMore,
      } as const
      return { status: 200, body }
    },
  )
  if (!isRefusal(answer) && !answer.replayed) deps.wakeOutbox()
  return answer
}

/** An id knows no time before 1970, and there is no event of then. */
function lowestIdOf(time: Date): string {
  return lowestIdAt('event', new Date(Math.max(0, time.getTime())))
}

const unreadable = (name: string) => `${name} must be a time, such as 2026-11-23T12:00:00Z.`
