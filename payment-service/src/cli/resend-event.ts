import { randomUUID } from 'node:crypto'
import type { WebhookDelivery, WebhookEndpoint } from '@fincore/api-contract/webhook-endpoints'
import { toJson } from '../printable.ts'
import { deliveryIdOf } from '../store/webhook-deliveries.ts'
import type { Ending } from './exit-codes.ts'
import { CommandFailure, ProblemFailure } from './failures.ts'
import { call, type Door } from './http-client.ts'
import { readList } from './lists.ts'
import { type Surroundings, say } from './surroundings.ts'

const path = '/v1/webhook_endpoints'

/** Has an event delivered again: to the endpoint that is named, or to all that it was sent to. */
export async function resendEvent(
  io: Surroundings,
  door: Door,
  event: string,
  { endpoint, json }: { endpoint?: string; json?: true },
): Promise<Ending> {
  const endpoints =
    endpoint === undefined ? (await readList<WebhookEndpoint>(door, path)).rows.map(({ id }) => id) : [endpoint]
  let count = 0
  for (const id of endpoints) {
    const delivery = await redeliver(door, event, id)
    if (delivery === null) continue
    count += 1
    say(io, json ? toJson(delivery) : `${delivery.id} to ${id}: ${delivery.status}`)
  }
  if (count > 0) return 'done'
  throw new CommandFailure(
    endpoint === undefined
      ? 'The event was sent to no endpoint that there is now.'
      : 'The event was not sent to this endpoint.',
    'An endpoint gets the events of its types from when it was made. `fincore events get` shows the event.',
  )
}

/** Null where the endpoint never had the event. */
async function redeliver(door: Door, event: string, endpoint: string): Promise<WebhookDelivery | null> {
  const url = `${path}/${endpoint}/deliveries/${deliveryIdOf(event, endpoint)}/redeliver`
  try {
    return await call<WebhookDelivery>(door, 'POST', url, { body: {}, idempotencyKey: randomUUID() })
  } catch (error) {
    if (error instanceof ProblemFailure && error.problem.code === 'resource_not_found') return null
    throw error
  }
}
