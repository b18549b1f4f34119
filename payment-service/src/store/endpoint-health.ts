import { endpointHealthLimits, type WebhookEndpoint } from '@fincore/api-contract/webhook-endpoints'
import type { Queryable, Transaction } from './pool.ts'

/** How an endpoint fares. `store/webhook-tries.ts` keeps it with every try. */
export type EndpointHealth = {
  endpointId: string
  consecutiveFailures: number
  failingSince: Date | null
  lastSuccessAt: Date | null
  lastFailureAt: Date | null
}

const columns = `endpoint_id as "endpointId", consecutive_failures as "consecutiveFailures", failing_since as "failingSince",
  last_success_at as "lastSuccessAt", last_failure_at as "lastFailureAt"`

export function renderHealth(
  status: WebhookEndpoint['status'],
  health: EndpointHealth | null,
): WebhookEndpoint['health'] {
  const failures = health?.consecutiveFailures ?? 0
  return {
    state: status === 'disabled' ? 'disabled' : failures > 0 ? 'failing' : 'healthy',
    consecutive_failures: failures,
    failing_since: health?.failingSince?.toISOString() ?? null,
    last_success_at: health?.lastSuccessAt?.toISOString() ?? null,
    last_failure_at: health?.lastFailureAt?.toISOString() ?? null,
  }
}

/** Of several endpoints of a merchant; one that was never sent anything has none. Index: the primary key. */
export async function findHealth(
  db: Queryable,
  merchantId: string,
  endpointIds: readonly string[],
): Promise<ReadonlyMap<string, EndpointHealth>> {
  const { rows } = await db.query<EndpointHealth>(
    `select ${columns} from webhook_endpoint_health where merchant_id = $1 and endpoint_id = any ($2)`,
    [merchantId, endpointIds],
  )
  return new Map(rows.map((row) => [row.endpointId, row]))
}

export async function findHealthOf(
  db: Queryable,
  merchantId: string,
  endpointId: string,
): Promise<EndpointHealth | null> {
  return (await findHealth(db, merchantId, [endpointId])).get(endpointId) ?? null
}

/** Begins anew, for an endpoint that its merchant enables again or moves: what failed before says nothing of it. */
export async function forgetFailures(tx: Transaction, merchantId: string, endpointId: string): Promise<void> {
  await tx.query(
    `update webhook_endpoint_health set consecutive_failures = 0, failing_since = null, warned_at = null
     where merchant_id = $1 and endpoint_id = $2`,
    [merchantId, endpointId],
  )
}

/** An endpoint whose every try has failed for long, and whose it is. */
export type FailingEndpoint = { merchantId: string; merchantName: string; id: string; url: string; failingSince: Date }

const failing = `endpoint.merchant_id as "merchantId", merchant.name as "merchantName", endpoint.id, endpoint.url,
  health.failing_since as "failingSince"`
/**
 * Of those that have failed long enough the tries themselves say so: between the first failure and the last lies the
 * whole time, and not merely a silence.
 */
const hasFailedFor = (ms: string) => `health.failing_since <= now() - ${ms}::bigint * interval '1 millisecond'
  and health.last_failure_at >= health.failing_since + ${ms}::bigint * interval '1 millisecond'`
const batch = 100

/** Marks as warned those that operators are to be warned of, each once. Index: webhook_endpoint_health_failing. */
export async function markWarnedEndpoints(tx: Transaction): Promise<FailingEndpoint[]> {
  const { rows } = await tx.query<FailingEndpoint>(
    `with due as (
       select health.merchant_id, health.endpoint_id from webhook_endpoint_health health
       join webhook_endpoints endpoint on endpoint.merchant_id = health.merchant_id and endpoint.id = health.endpoint_id
       where ${hasFailedFor('$1')} and health.warned_at is null and endpoint.status = 'enabled'
       limit ${batch} for no key update of health skip locked
     )
     update webhook_endpoint_health health set warned_at = now()
     from due, webhook_endpoints endpoint, merchants merchant
     where health.merchant_id = due.merchant_id and health.endpoint_id = due.endpoint_id
       and endpoint.merchant_id = due.merchant_id and endpoint.id = due.endpoint_id
       and merchant.merchant_id = due.merchant_id
     returning ${failing}`,
    [endpointHealthLimits.warnAfterMs],
  )
  return rows
}

/** Those that are to be disabled, and are not yet. Index: webhook_endpoint_health_failing. */
export async function findEndpointsToDisable(db: Queryable): Promise<FailingEndpoint[]> {
  const { rows } = await db.query<FailingEndpoint>(
    `select ${failing} from webhook_endpoint_health health
     join webhook_endpoints endpoint on endpoint.merchant_id = health.merchant_id and endpoint.id = health.endpoint_id
     join merchants merchant on merchant.merchant_id = health.merchant_id
     where ${hasFailedFor('$1')} and endpoint.status = 'enabled' order by health.failing_since limit ${batch}`,
    [endpointHealthLimits.disableAfterMs],
  )
  return rows
}
