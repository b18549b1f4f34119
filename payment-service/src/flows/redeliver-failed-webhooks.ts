import { type RedeliverFailed, redeliverLimit, type WebhookRedelivery } from '@fincore/api-contract/webhook-endpoints'
import type { Deps } from '../deps.ts'
import { lowestIdAt } from '../ids.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { restartUndelivered } from '../store/webhook-deliveries.ts'
import { lockWebhookEndpoint } from '../store/webhook-endpoints.ts'
import { answerOnce, type StoredAnswer } from './answer-once.ts'
import { disabledDetail, type EndpointRequest } from './ping-webhook-endpoint.ts'

/** An id holds 48 bits of milliseconds; no event is younger than this, so later times come to the same. */
const lastTime = Date.UTC(9999, 11, 31)

/**
 * Sends again what an endpoint did not take of the events from `since` to before `until`: what has failed, and what was
 * canceled because the endpoint was disabled. At most 10,000 in one call, the oldest first; each with all its tries.
 */
export async function redeliverFailedWebhooks(
  deps: Pick<Deps, 'pool' | 'now' | 'wakeOutbox'>,
  input: EndpointRequest & { request: RedeliverFailed },
): Promise<StoredAnswer<WebhookRedelivery> | Refusal> {
  const { merchantId, endpointId, request } = input
  const since = new Date(request.since)
  const until = request.until === undefined ? deps.now() : new Date(request.until)
  if (!isTime(since)) return refuse('parameter_invalid', { param: 'since', detail: unreadable('since') })
  if (!isTime(until)) return refuse('parameter_invalid', { param: 'until', detail: unreadable('until') })
  if (request.until !== undefined && until <= since)
    return refuse('parameter_invalid', { param: 'until', detail: 'until must be later than since.' })
  const operation = `POST /v1/webhook_endpoints/${endpointId}/redeliver_failed`
  const answer = await answerOnce<WebhookRedelivery>(
    deps,
    { ...input, operation, objectId: endpointId },
    async (tx) => {
      const endpoint = await lockWebhookEndpoint(tx, merchantId, endpointId)
      if (endpoint === null) return refuse('resource_not_found', { param: 'id' })
      if (endpoint.status === 'disabled') return refuse('conflict', { detail: disabledDetail })
      const range = { from: lowestIdAt('event', since), to: lowestIdAt('event', until), limit: redeliverLimit }
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

/** A date-time can have a form that the calendar does not know, such as a leap second. */
function isTime(time: Date): boolean {
  return time.getTime() >= 0 && time.getTime() <= lastTime
}

const unreadable = (name: string) => `${name} must be a time of RFC 3339 after 1970, such as 2026-11-23T12:00:00Z.`
