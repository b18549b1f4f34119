import { randomUUID } from 'node:crypto'
import type { WebhookRedelivery } from '@fincore/api-contract/webhook-endpoints'
import { call, type Door } from './http-client.ts'

/**
 * Has everything sent again that failed at an endpoint in a time, call after call, as long as there is more. Answers with
 * how many deliveries those are.
 */
export async function redeliverFailed(
  door: Door,
  endpoint: string,
  since: string,
  onProgress: (count: number) => void,
): Promise<number> {
  // One end for all calls: what fails meanwhile belongs to the next time.
  const body = { since, until: new Date().toISOString() }
  const path = `/v1/webhook_endpoints/${endpoint}/redeliver_failed`
  let count = 0
  for (;;) {
    const made = await call<WebhookRedelivery>(door, 'POST', path, { body, idempotencyKey: randomUUID() })
    count += made.redelivered
    if (!made.has_more || made.redelivered === 0) return count
    onProgress(count)
  }
}
