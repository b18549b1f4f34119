import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WebhookDelivery } from '@fincore/api-contract/webhook-endpoints'
import { call, type Door } from './http-client.ts'

/** Longer than a try may take. */
const waitMs = 20_000
const pauseMs = 250

/** Has a test event sent to an endpoint and waits for the first try. */
export async function pingEndpoint(door: Door, endpoint: string): Promise<WebhookDelivery> {
  const path = `/v1/webhook_endpoints/${endpoint}`
  const asked = await call<WebhookDelivery>(door, 'POST', `${path}/ping`, { body: {}, idempotencyKey: randomUUID() })
  const until = Date.now() + waitMs
  let latest = asked
  while (latest.status === 'pending' && latest.tries === 0 && Date.now() < until) {
    await sleep(pauseMs)
    const page = await call<{ data: WebhookDelivery[] }>(door, 'GET', `${path}/deliveries`, { query: { limit: 20 } })
    latest = page.data.find(({ id }) => id === asked.id) ?? latest
  }
  return latest
}
