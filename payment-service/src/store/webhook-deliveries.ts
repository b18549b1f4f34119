import type { WebhookDelivery } from '@fincore/api-contract/webhook-endpoints'
import type { Queryable, Transaction } from './pool.ts'

export type WebhookDeliveryRow = {
  merchant_id: string
  id: string
  endpoint_id: string
  event_id: string
  state: 'pending' | 'delivered' | 'failed' | 'canceled'
  tries: number
  next_try_at: Date | null
  last_try_at: Date | null
  last_status: number | null
  last_error: string | null
  delivered_at: Date | null
  created_at: Date
}

export const webhookDeliveryColumns =
  'merchant_id, id, endpoint_id, event_id, state, tries, next_try_at, last_try_at, last_status, last_error, delivered_at, created_at'

export function renderWebhookDelivery(row: WebhookDeliveryRow): WebhookDelivery {
  return {
    object: 'webhook_delivery',
    id: row.id,
    webhook_endpoint: row.endpoint_id,
    event: row.event_id,
    status: row.state,
    tries: row.tries,
    last_status: row.last_status,
    last_error: row.last_error,
    last_try_at: row.last_try_at?.toISOString() ?? null,
    next_try_at: row.next_try_at?.toISOString() ?? null,
    delivered_at: row.delivered_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}

/** The id that the trigger on `events` gives a delivery: made of the event's and the endpoint's. */
export function deliveryIdOf(eventId: string, endpointId: string): string {
  return `del_${eventId.slice(4)}_${endpointId.slice(4)}`
}

export function isDeliveryId(text: string): boolean {
  return /^del_[0-9a-z]{26}_[0-9a-z]{26}$/.test(text)
}

/** A delivery that this process has taken, with all that sending it needs. */
export type ClaimedDelivery = {
  merchantId: string
  id: string
  endpointId: string
  eventId: string
  tries: number
  /** False when the endpoint was disabled while the event was being written: then it is not sent. */
  isEnabled: boolean
  url: string
  secret: Buffer
  /** Null once its overlap has ended. */
  previousSecret: Buffer | null
  /** The event's exact text. */
  body: string
}

/**
 * Takes due deliveries, so that no queue can hide another's: first for the merchant that has the fewest under way, and of
 * a merchant first for such an endpoint. A taken delivery is due again after the lease: should this process die, the
 * delivery is sent by another, perhaps twice, never not at all.
 *
 * Endpoints are found by skipping from one to the next in webhook_deliveries_due, so the cost grows with the number of
 * endpoints that have something waiting, not with what waits.
 *
 * @param limits how many to take in all, and how many a merchant may have under way here, those taken before included.
 * @param here what this process has under way. An endpoint that is not listed has one place, and it is free.
 */
export async function claimDueDeliveries(
  db: Queryable,
  limits: { total: number; perMerchant: number; leaseMs: number },
  here: {
    ofEndpoints: ReadonlyMap<string, { places: number; taken: number }>
    takenOfMerchants: ReadonlyMap<string, number>
  },
): Promise<ClaimedDelivery[]> {
  const endpoints = [...here.ofEndpoints.values()]
  const { rows } = await db.query<ClaimedDelivery>(
    `with recursive waiting (merchant_id, endpoint_id) as (
       (select merchant_id, endpoint_id from webhook_deliveries where state = 'pending'
        order by merchant_id, endpoint_id limit 1)
       union all
       select following.merchant_id, following.endpoint_id from waiting, lateral (
         select merchant_id, endpoint_id from webhook_deliveries
         where state = 'pending' and (merchant_id, endpoint_id) > (waiting.merchant_id, waiting.endpoint_id)
         order by merchant_id, endpoint_id limit 1) following
     ), due as (
       select delivery.merchant_id, delivery.id, delivery.version, delivery.next_try_at,
         row_number() over (partition by delivery.merchant_id
           order by coalesce(endpoint.taken, 0) + delivery.place, delivery.next_try_at) as place
       from waiting
       left join unnest($1::text[], $2::integer[], $3::integer[]) as endpoint (id, places, taken)
         on endpoint.id = waiting.endpoint_id
       cross join lateral (
         select one.merchant_id, one.id, one.ctid as version, one.next_try_at, row_number() over (order by one.next_try_at) as place
         from webhook_deliveries one
         where one.merchant_id = waiting.merchant_id and one.endpoint_id = waiting.endpoint_id
           and one.state = 'pending' and one.next_try_at <= now()
         order by one.next_try_at
         limit greatest(0, coalesce(endpoint.places, 1) - coalesce(endpoint.taken, 0))) delivery
     ), candidate as (
       select due.id, due.version from due
       left join unnest($4::text[], $5::integer[]) as merchant (id, taken) on merchant.id = due.merchant_id
       where coalesce(merchant.taken, 0) + due.place <= $6::integer
       order by coalesce(merchant.taken, 0) + due.place, due.next_try_at limit $7::integer
     ), locked as (
       -- Only now, a few rows and not some of every endpoint; asked again, because another process may have taken one
       -- between. From here on row by row, by their places in the table (ctid, which holds for one statement) and by
       -- primary keys: the planner knows too little of a queue, and would look for rows by their merchant. Which row is
       -- meant says its id, because each partition of a table has its own places.
       select locked.id, locked.version from candidate cross join lateral (
         select delivery.id, delivery.ctid as version from webhook_deliveries delivery
         where delivery.ctid = candidate.version and delivery.id = candidate.id
           and delivery.state = 'pending' and delivery.next_try_at <= now()
         for update of delivery skip locked) locked
     ), claimed as (
       update webhook_deliveries delivery set next_try_at = now() + $8::integer * interval '1 millisecond'
       where delivery.ctid = any (array(select locked.version from locked))
         and delivery.id = any (array(select locked.id from locked))
       returning delivery.merchant_id, delivery.id, delivery.endpoint_id, delivery.event_id, delivery.tries
     )
     select claimed.merchant_id as "merchantId", claimed.id, claimed.endpoint_id as "endpointId",
       claimed.event_id as "eventId", claimed.tries,
       endpoint.status = 'enabled' as "isEnabled", endpoint.url, endpoint.secret,
       case when endpoint.previous_secret_until > now() then endpoint.previous_secret end as "previousSecret",
       event.body
     from claimed
     cross join lateral (
       select * from webhook_endpoints endpoint
       where endpoint.merchant_id = claimed.merchant_id and endpoint.id = claimed.endpoint_id limit 1) endpoint
     cross join lateral (
       select event.body::text from events event
       where event.merchant_id = claimed.merchant_id and event.id = claimed.event_id limit 1) event`,
    [
      [...here.ofEndpoints.keys()],
      endpoints.map(({ places }) => places),
      endpoints.map(({ taken }) => taken),
      [...here.takenOfMerchants.keys()],
      [...here.takenOfMerchants.values()],
      limits.perMerchant,
      limits.total,
      limits.leaseMs,
    ],
  )
  return rows
}

/**
 * Gives back what this process has taken and will not send, or could not finish sending, so that another takes it at
 * once and not when the lease ends. One that was recorded or restarted meanwhile is left alone. Index: the primary key.
 */
export async function handBackDelivery(
  db: Queryable,
  claimed: Pick<ClaimedDelivery, 'merchantId' | 'id' | 'tries'>,
): Promise<void> {
  await db.query(
    `update webhook_deliveries set next_try_at = now()
     where merchant_id = $1 and id = $2 and tries = $3 and state = 'pending' and next_try_at > now()`,
    [claimed.merchantId, claimed.id, claimed.tries],
  )
}

/** Cancels what waits for an endpoint that takes no more. Index: webhook_deliveries_due. */
export async function cancelWaitingDeliveries(db: Queryable, merchantId: string, endpointId: string): Promise<void> {
  await db.query(
    `update webhook_deliveries set state = 'canceled', next_try_at = null
     where merchant_id = $1 and endpoint_id = $2 and state = 'pending'`,
    [merchantId, endpointId],
  )
}

/**
 * Deletes some of an endpoint's deliveries, with their tries. Those that somebody else works on are left.
 * Index: webhook_deliveries_by_endpoint.
 *
 * @returns how many.
 */
export async function deleteDeliveries(
  db: Queryable,
  endpoint: { merchantId: string; endpointId: string },
  limit: number,
): Promise<number> {
  const { rowCount } = await db.query(
    `delete from webhook_deliveries where merchant_id = $1 and id = any (array(
       select id from webhook_deliveries where merchant_id = $1 and endpoint_id = $2
       order by id limit $3 for update skip locked))`,
    [endpoint.merchantId, endpoint.endpointId, limit],
  )
  return rowCount ?? 0
}

/** A delivery to one endpoint alone, for an event that the trigger delivers to nobody. */
export async function insertDelivery(
  tx: Transaction,
  delivery: { merchantId: string; endpointId: string; eventId: string },
): Promise<WebhookDeliveryRow> {
  const { merchantId, endpointId, eventId } = delivery
  const { rows } = await tx.query<WebhookDeliveryRow>(
    `insert into webhook_deliveries (merchant_id, id, endpoint_id, event_id, next_try_at) values ($1, $2, $3, $4, now())
     returning ${webhookDeliveryColumns}`,
    [merchantId, deliveryIdOf(eventId, endpointId), endpointId, eventId],
  )
  if (rows[0] === undefined) throw new Error('The inserted delivery was not returned')
  return rows[0]
}

/** Index: the primary key. */
export async function findDelivery(
  db: Queryable,
  delivery: { merchantId: string; endpointId: string; id: string },
): Promise<WebhookDeliveryRow | null> {
  const { rows } = await db.query<WebhookDeliveryRow>(
    `select ${webhookDeliveryColumns} from webhook_deliveries where merchant_id = $1 and id = $2 and endpoint_id = $3`,
    [delivery.merchantId, delivery.id, delivery.endpointId],
  )
  return rows[0] ?? null
}

/** So many tries of a delivery are kept when it begins anew, so that a restart without end fills no table. */
const keptTries = 40

/** Begins a delivery anew, with all its tries. Null when the endpoint has none with this id. Index: the primary keys. */
export async function restartDelivery(
  tx: Transaction,
  delivery: { merchantId: string; endpointId: string; id: string },
): Promise<WebhookDeliveryRow | null> {
  const { rows } = await tx.query<WebhookDeliveryRow>(
    `with trimmed as (
       delete from webhook_tries where merchant_id = $1 and delivery_id = $3 and id in (
         select id from webhook_tries where merchant_id = $1 and delivery_id = $3 order by id desc offset ${keptTries})
     )
     update webhook_deliveries set state = 'pending', tries = 0, next_try_at = now(), delivered_at = null
     where merchant_id = $1 and endpoint_id = $2 and id = $3 returning ${webhookDeliveryColumns}`,
    [delivery.merchantId, delivery.endpointId, delivery.id],
  )
  return rows[0] ?? null
}

/**
 * Begins anew what has failed or was canceled of an endpoint's deliveries, the oldest first: those of events from
 * `from` to before `to`, both ids of events (lowestIdAt). One that is being recorded at this moment is left out.
 * Index: webhook_deliveries_undelivered, because a delivery's id begins with its event's.
 *
 * @returns how many, and whether more than `limit` were there.
 */
export async function restartUndelivered(
  tx: Transaction,
  endpoint: { merchantId: string; endpointId: string },
  range: { from: string; to: string; limit: number },
): Promise<{ restarted: number; hasMore: boolean }> {
  const { rows } = await tx.query<{ restarted: number; found: number }>(
    `with found as (
       select merchant_id, id from webhook_deliveries
       where merchant_id = $1 and endpoint_id = $2 and state in ('failed', 'canceled') and id >= $3 and id < $4
       order by id limit $5::integer + 1 for no key update skip locked
     ), restarted as (
       update webhook_deliveries delivery set state = 'pending', tries = 0, next_try_at = now(), delivered_at = null
       from (select * from found order by id limit $5::integer) as chosen
       where delivery.merchant_id = chosen.merchant_id and delivery.id = chosen.id returning delivery.id
     ), trimmed as (
       delete from webhook_tries try using restarted
       where try.merchant_id = $1 and try.delivery_id = restarted.id and try.id <= (
         select id from webhook_tries where merchant_id = $1 and delivery_id = restarted.id
         order by id desc offset ${keptTries} limit 1)
     )
     select (select count(*) from restarted)::integer as restarted, (select count(*) from found)::integer as found`,
    [endpoint.merchantId, endpoint.endpointId, `del_${range.from.slice(4)}`, `del_${range.to.slice(4)}`, range.limit],
  )
  const { restarted = 0, found = 0 } = rows[0] ?? {}
  return { restarted, hasMore: found > restarted }
}
