import type { DisabledReason, WebhookEndpoint } from '@fincore/api-contract/webhook-endpoints'
import { type EndpointHealth, renderHealth } from './endpoint-health.ts'
import type { Queryable, Transaction } from './pool.ts'

export type WebhookEndpointRow = {
  merchant_id: string
  id: string
  url: string
  description: string | null
  events: string[]
  status: 'enabled' | 'disabled'
  disabled_reason: DisabledReason | null
  /** Sealed by the vault for the endpoint's id. */
  secret: Buffer
  previous_secret: Buffer | null
  created_at: Date
  updated_at: Date
}

export const webhookEndpointColumns =
  'merchant_id, id, url, description, events, status, disabled_reason, secret, previous_secret, created_at, updated_at'

/**
 * The endpoint as the API shows it, without its secret.
 *
 * @param health null: nothing was sent to it yet.
 */
export function renderWebhookEndpoint(row: WebhookEndpointRow, health: EndpointHealth | null): WebhookEndpoint {
  return {
    object: 'webhook_endpoint',
    id: row.id,
    url: row.url,
    events: row.events,
    description: row.description,
    status: row.status,
    disabled_reason: row.disabled_reason,
    health: renderHealth(row.status, health),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

/**
 * Inserts an endpoint unless the merchant has `limit` of them already. The lock makes creations of one merchant take
 * turns, so that two at once cannot both be the last.
 *
 * @returns null when the limit is reached.
 */
export async function insertWebhookEndpoint(
  tx: Transaction,
  endpoint: Pick<WebhookEndpointRow, 'merchant_id' | 'id' | 'url' | 'description' | 'events' | 'secret'>,
  limit: number,
): Promise<WebhookEndpointRow | null> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('webhook_endpoints:' || $1, 0))`, [
    endpoint.merchant_id,
  ])
  const { rows } = await tx.query<WebhookEndpointRow>(
    `insert into webhook_endpoints (merchant_id, id, url, description, events, secret, status)
     select $1, $2, $3, $4, $5, $6, 'enabled'
     where (select count(*) from webhook_endpoints where merchant_id = $1) < $7
     returning ${webhookEndpointColumns}`,
    [endpoint.merchant_id, endpoint.id, endpoint.url, endpoint.description, endpoint.events, endpoint.secret, limit],
  )
  return rows[0] ?? null
}

/** Index: the primary key. */
export async function findWebhookEndpoint(
  db: Queryable,
  merchantId: string,
  id: string,
): Promise<WebhookEndpointRow | null> {
  const { rows } = await db.query<WebhookEndpointRow>(
    `select ${webhookEndpointColumns} from webhook_endpoints where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/**
 * As findWebhookEndpoint, and no other transaction changes the endpoint until this one ends. Events for it are written
 * meanwhile, because a charge waits for them.
 */
export async function lockWebhookEndpoint(
  tx: Transaction,
  merchantId: string,
  id: string,
): Promise<WebhookEndpointRow | null> {
  const { rows } = await tx.query<WebhookEndpointRow>(
    `select ${webhookEndpointColumns} from webhook_endpoints where merchant_id = $1 and id = $2 for no key update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Writes back what a merchant may change of a locked endpoint. */
export async function updateWebhookEndpoint(
  tx: Transaction,
  row: Pick<WebhookEndpointRow, 'merchant_id' | 'id' | 'url' | 'description' | 'events' | 'status' | 'disabled_reason'>,
): Promise<WebhookEndpointRow | null> {
  const { rows } = await tx.query<WebhookEndpointRow>(
    `update webhook_endpoints
     set url = $3, description = $4, events = $5, status = $6, disabled_reason = $7, updated_at = now()
     where merchant_id = $1 and id = $2 returning ${webhookEndpointColumns}`,
    [row.merchant_id, row.id, row.url, row.description, row.events, row.status, row.disabled_reason],
  )
  return rows[0] ?? null
}

/** Puts a new secret in place; the one it replaces goes on signing for the overlap. Null when there is no endpoint. */
export async function rotateStoredSecret(
  tx: Transaction,
  endpoint: { merchantId: string; id: string; secret: Buffer; overlapSeconds: number },
): Promise<WebhookEndpointRow | null> {
  const { rows } = await tx.query<WebhookEndpointRow>(
    `update webhook_endpoints
     set secret = $3, updated_at = now(),
       previous_secret = case when $4::integer > 0 then secret end,
       previous_secret_until = case when $4::integer > 0 then now() + $4::integer * interval '1 second' end
     where merchant_id = $1 and id = $2 returning ${webhookEndpointColumns}`,
    [endpoint.merchantId, endpoint.id, endpoint.secret, endpoint.overlapSeconds],
  )
  return rows[0] ?? null
}

/** Its deliveries go with it; its events stay. False when there was none. */
export async function deleteWebhookEndpoint(db: Queryable, merchantId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from webhook_endpoints where merchant_id = $1 and id = $2', [
    merchantId,
    id,
  ])
  return rowCount === 1
}

/**
 * Disables an endpoint by FinCore's own decision; not when the merchant has moved it from `url` meanwhile. The row stays
 * locked for other changes of it until the transaction ends, and events are not held up. Index: the primary key.
 */
export async function disableWebhookEndpoint(
  tx: Transaction,
  endpoint: { merchantId: string; id: string; url: string; reason: Exclude<DisabledReason, 'requested'> },
): Promise<WebhookEndpointRow | null> {
  const { rows } = await tx.query<WebhookEndpointRow>(
    `update webhook_endpoints set status = 'disabled', disabled_reason = $4, updated_at = now()
     where merchant_id = $1 and id = $2 and url = $3 and status = 'enabled' returning ${webhookEndpointColumns}`,
    [endpoint.merchantId, endpoint.id, endpoint.url, endpoint.reason],
  )
  return rows[0] ?? null
}
