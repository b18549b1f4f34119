import type { WebhookDelivery, WebhookEndpoint } from '@fincore/api-contract/webhook-endpoints'
import { ProblemFailure } from '../failures.ts'
import { call, type Door } from '../http-client.ts'
import { readList } from '../lists.ts'
import { type Finding, find } from './findings.ts'

const path = '/v1/webhook_endpoints'

/** The webhook endpoints of the merchant whose key is at hand. */
export async function checkEndpoints(door: Door): Promise<Finding[]> {
  try {
    const { rows } = await readList<WebhookEndpoint>(door, path)
    if (rows.length === 0) return [find('endpoint_missing')]
    const findings = (await Promise.all(rows.map((endpoint) => checkEndpoint(door, endpoint)))).flat()
    return findings.length === 0 ? [find('endpoints_healthy')] : findings
  } catch (error) {
    if (error instanceof ProblemFailure && error.ending === 'refused') return [find('api_refused', error.problem.code)]
    throw error
  }
}

async function checkEndpoint(door: Door, { id, url, status, disabled_reason }: WebhookEndpoint): Promise<Finding[]> {
  if (status === 'disabled') return [find('endpoint_disabled', `${id}, ${url}: ${disabled_reason}`)]
  const query = { limit: 10 }
  const { data } = await call<{ data: WebhookDelivery[] }>(door, 'GET', `${path}/${id}/deliveries`, { query })
  const last = data.filter(({ last_try_at }) => last_try_at !== null)
  // One that was taken among the last few shows that its server is there.
  if (last.length === 0 || last.some((delivery) => delivery.status === 'delivered')) return []
  return [find('endpoint_failing', `${id}, ${url}: ${last[0]?.last_error ?? 'no answer'}`)]
}
