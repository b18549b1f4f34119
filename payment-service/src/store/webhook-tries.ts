import type { WebhookTry } from '@fincore/api-contract/webhook-endpoints'
import type { Queryable } from './pool.ts'
import type { ClaimedDelivery } from './webhook-deliveries.ts'

export type WebhookTryRow = {
  merchant_id: string
  delivery_id: string
  id: string
  url: string
  tried_at: Date
  took_ms: number
  status: number | null
  error: string | null
  answer_type: string | null
  answer: string | null
  answer_is_cut: boolean
}

export const webhookTryColumns =
  'merchant_id, delivery_id, id, url, tried_at, took_ms, status, error, answer_type, answer, answer_is_cut'

/** @param eventId of the delivery: it is the header `webhook-id`. */
export function renderWebhookTry(row: WebhookTryRow, eventId: string): WebhookTry {
  return {
    object: 'webhook_try',
    id: row.id,
    tried_at: row.tried_at.toISOString(),
    took_ms: row.took_ms,
    status: row.status,
    error: row.error,
    request: {
      url: row.url,
      webhook_id: eventId,
      webhook_timestamp: String(Math.floor(row.tried_at.getTime() / 1000)),
    },
    answer:
      row.status === null ? null : { content_type: row.answer_type, body: row.answer, body_is_cut: row.answer_is_cut },
  }
}

/** What is kept of an answer: text that PostgreSQL can store, without card numbers, and bounded. */
export type KeptAnswer = { contentType: string | null; body: string | null; isCut: boolean }

/** What a try came to. A null `retryAfterMs` of a failure means that it was the last try. */
export type TryResult = {
  delivery: Pick<ClaimedDelivery, 'merchantId' | 'id' | 'tries' | 'endpointId' | 'url'>
  /** The try's own id, and what the log keeps of it. */
  id: string
  triedAt: Date
  tookMs: number
  answer: KeptAnswer | null
  status: number | null
} & ({ delivered: true } | { delivered: false; error: string; retryAfterMs: number | null })

/** A failure after a silence of so long begins a new streak: there was nothing to fail at meanwhile. */
const streakEndsAfterMs = 48 * 3_600_000

const recordTriesSql = `with wanted as (
  select result.*, endpoint.url as endpoint_url from unnest($1::text[], $2::text[], $3::integer[], $4::smallint[], $5::boolean[], $6::text[], $7::bigint[],
    $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::integer[], $13::text[], $14::text[], $15::boolean[])
    with ordinality as result (merchant_id, id, tries, status, delivered, error, retry_after_ms,
      endpoint_id, url, try_id, tried_at, took_ms, answer_type, answer, answer_is_cut, place)
  join webhook_endpoints endpoint on endpoint.merchant_id = result.merchant_id and endpoint.id = result.endpoint_id
  order by result.merchant_id collate "C", result.id collate "C"
  for key share of endpoint
), result as (
  -- One by one: in a join the planner may look for deliveries by their merchant, of which one can have millions.
  select wanted.* from wanted cross join lateral (
    select 1 from webhook_deliveries delivery
    where delivery.merchant_id = wanted.merchant_id and delivery.id = wanted.id for key share) as there
), logged as (
  insert into webhook_tries (${webhookTryColumns})
  select result.merchant_id, result.id, try_id, url, tried_at, took_ms, result.status, result.error, answer_type, answer, answer_is_cut
  from result
), judged as (
  select result.merchant_id, endpoint_id, delivered, place,
    coalesce(max(place) filter (where delivered) over (partition by result.merchant_id, endpoint_id), 0) as last_success
  from result where url = endpoint_url
), told as (
  insert into webhook_endpoint_health as health
    (merchant_id, endpoint_id, consecutive_failures, failing_since, last_success_at, last_failure_at)
  select merchant_id, endpoint_id, count(*) filter (where place > last_success),
    case when max(place) > max(last_success) then now() end,
    case when bool_or(delivered) then now() end, case when not bool_and(delivered) then now() end
  from judged group by merchant_id, endpoint_id order by merchant_id, endpoint_id
  on conflict (merchant_id, endpoint_id) do update set
    consecutive_failures = excluded.consecutive_failures
      + case when excluded.last_success_at is null then health.consecutive_failures else 0 end,
    failing_since = case
      when excluded.last_success_at is null and health.last_failure_at > now() - $16::bigint * interval '1 millisecond'
        then coalesce(health.failing_since, excluded.failing_since)
      else excluded.failing_since end,
    warned_at = case
      when excluded.last_success_at is null and health.last_failure_at > now() - $16::bigint * interval '1 millisecond'
        then health.warned_at end,
    last_success_at = coalesce(excluded.last_success_at, health.last_success_at),
    last_failure_at = coalesce(excluded.last_failure_at, health.last_failure_at)
)
update webhook_deliveries delivery
set tries = result.tries + 1, last_try_at = now(), last_status = result.status, last_error = result.error,
  state = case when result.delivered then 'delivered' when result.retry_after_ms is null then 'failed' else 'pending' end,
  delivered_at = case when result.delivered then now() end,
  next_try_at = case when not result.delivered then now() + result.retry_after_ms * interval '1 millisecond' end
from result
where delivery.merchant_id = result.merchant_id and delivery.id = result.id
  and case when result.delivered then delivery.state <> 'delivered'
      else delivery.state = 'pending' and delivery.tries = result.tries end`

/**
 * Records tries, many in one statement: what becomes of the delivery, the try itself, and how its endpoint fares.
 *
 * A delivery that was taken again meanwhile, because this process was slower than its lease, keeps the later try's
 * result, unless this one was taken by the endpoint: that is then the truth. A try at an address that the endpoint has
 * no more says nothing of its health. Rows of health are locked in the order of their keys.
 *
 * Each endpoint is locked before its deliveries, as a deletion does, so that neither waits for the other in a circle. So
 * is each delivery, before anything of it is written: of what is deleted meanwhile nothing is recorded. Primary keys.
 */
export async function recordTries(db: Queryable, results: TryResult[]): Promise<void> {
  const values = [
    results.map(({ delivery }) => delivery.merchantId),
    results.map(({ delivery }) => delivery.id),
    results.map(({ delivery }) => delivery.tries),
    results.map(({ status }) => status),
    results.map(({ delivered }) => delivered),
    results.map((result) => (result.delivered ? null : result.error)),
    results.map((result) => (result.delivered ? null : result.retryAfterMs)),
    results.map(({ delivery }) => delivery.endpointId),
    results.map(({ delivery }) => delivery.url),
    results.map(({ id }) => id),
    results.map(({ triedAt }) => triedAt),
    results.map(({ tookMs }) => tookMs),
    results.map(({ answer }) => answer?.contentType ?? null),
    results.map(({ answer }) => answer?.body ?? null),
    results.map(({ answer }) => answer?.isCut ?? false),
    streakEndsAfterMs,
  ]
  // Prepared, because it is sent with every webhook, and planning it costs more than running it.
  await db.query({ name: 'record-tries', text: recordTriesSql, values })
}
