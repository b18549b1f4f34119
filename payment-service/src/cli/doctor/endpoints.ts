import type { WebhookEndpoint } from '@fincore/api-contract/webhook-endpoints'
import { CommandFailure, ProblemFailure } from '../failures.ts'
import type { Door } from '../http-client.ts'
import { readList } from '../lists.ts'
import { type Finding, find } from './findings.ts'

const path = '/v1/webhook_endpoints'

/** The webhook endpoints of the merchant whose key is at hand. */
export async function checkEndpoints(door: Door): Promise<Finding[]> {
  try {
    const { rows } = await readList<WebhookEndpoint>(door, path)
    if (rows.length === 0) return [find('endpoint_missing')]
    const findings = rows.flatMap(checkEndpoint)
    return findings.length === 0 ? [find('endpoints_healthy')] : findings
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    const why = error instanceof ProblemFailure ? error.problem.code : error.message
    return [find(error.ending === 'refused' ? 'api_refused' : 'api_not_reached', why)]
  }
}

function checkEndpoint({ id, url, disabled_reason, health }: WebhookEndpoint): Finding[] {
  const where = `${id}, ${url}`
  if (health.state === 'disabled') return [find('endpoint_disabled', `${where}: ${disabled_reason}`)]
  if (health.state === 'healthy') return []
  const { consecutive_failures: failures, failing_since: since } = health
  return [find('endpoint_failing', `${where}: ${failures} tries since ${since}.`)]
}
