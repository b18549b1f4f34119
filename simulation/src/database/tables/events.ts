import type { EventType } from '@fincore/api-contract/events'
import type { StoredPspEvent } from '@fincore/payment-service/store/psp-event-json'
import type { WebhookDeliveryRow } from '@fincore/payment-service/store/webhook-deliveries'
import type { WebhookEndpointRow } from '@fincore/payment-service/store/webhook-endpoints'
import { makeDueQueue, makeDueQueues } from '../due-queue.ts'
import { makeMultiIndex, makeUniqueIndex } from '../index.ts'
import { makeSlot, type Slot } from '../slot.ts'
import { makeTable, type TableRules } from '../table.ts'
import { byId, check, inOrder, oneOf, toLockable, toMerchant, toPspAccount } from './rules.ts'

export type EventRecord = {
  merchant_id: string
  id: string
  type: EventType
  object_id: string
  sequence: number
  /** The exact text of the JSON. */
  body: string
  created_at: Date
}

const eventRules: TableRules<EventRecord> = {
  name: 'events',
  primaryKey: byId,
  nullable: [],
  checks: [check('events_sequence_check', (row) => row.sequence > 0)],
  references: [toMerchant('events')],
}

export function makeEvents() {
  const bySequence = makeUniqueIndex<EventRecord>(
    'events_merchant_id_object_id_sequence_key',
    (row) => `${row.merchant_id} ${row.object_id} ${row.sequence}`,
  )
  const byObject = makeMultiIndex<EventRecord>((row) => row.object_id)
  return { ...makeTable(eventRules, { unique: [bySequence], others: [byObject] }), byObject }
}

export type WebhookEndpointRecord = WebhookEndpointRow & { previous_secret_until: Date | null }

const endpointRules: TableRules<WebhookEndpointRecord> = {
  name: 'webhook_endpoints',
  primaryKey: byId,
  nullable: ['description', 'disabled_reason', 'previous_secret', 'previous_secret_until'],
  checks: inOrder([
    check('webhook_endpoints_url_check', (row) => [...row.url].length <= 2048),
    check('webhook_endpoints_events_check', ({ events }) => events.length >= 1 && events.length <= 64),
    oneOf('webhook_endpoints', 'status', ['enabled', 'disabled']),
    oneOf('webhook_endpoints', 'disabled_reason', ['requested', 'gone', 'failing']),
    check('webhook_endpoints_check', (row) => (row.previous_secret === null) === (row.previous_secret_until === null)),
  ]),
  references: [toMerchant('webhook_endpoints')],
}

export function makeWebhookEndpoints() {
  const byMerchant = makeMultiIndex<WebhookEndpointRecord>((row) => row.merchant_id)
  const table = makeTable(endpointRules, { others: [byMerchant] })
  /** A place without a row, for the advisory lock under which a merchant's creations take turns. */
  const creations = new Map<string, Slot<WebhookEndpointRecord>>()
  const creationOf = (merchantId: string) => {
    const known = creations.get(merchantId) ?? makeSlot(table)
    creations.set(merchantId, known)
    return known
  }
  return { ...table, byMerchant, creationOf }
}

/** An endpoint as it is made. */
export function newEndpoint(
  given: Pick<WebhookEndpointRecord, 'merchant_id' | 'id' | 'url' | 'description' | 'events' | 'secret'>,
  now: Date,
): WebhookEndpointRecord {
  return {
    merchant_id: given.merchant_id,
    id: given.id,
    url: given.url,
    description: given.description,
    events: given.events,
    status: 'enabled',
    disabled_reason: null,
    secret: given.secret,
    previous_secret: null,
    created_at: now,
    updated_at: now,
    previous_secret_until: null,
  }
}

const deliveryRules: TableRules<WebhookDeliveryRow> = {
  name: 'webhook_deliveries',
  primaryKey: byId,
  nullable: ['next_try_at', 'last_try_at', 'last_status', 'last_error', 'delivered_at'],
  checks: inOrder([
    oneOf('webhook_deliveries', 'state', ['pending', 'delivered', 'failed', 'canceled']),
    check('webhook_deliveries_check', (row) => (row.state === 'pending') === (row.next_try_at !== null)),
  ]),
  references: [
    toMerchant('webhook_deliveries'),
    toLockable('webhook_deliveries', 'endpoint_id', (tables, row) =>
      tables.webhook_endpoints.find(`${row.merchant_id} ${row.endpoint_id}`),
    ),
    toLockable('webhook_deliveries', 'event_id', (tables, row) =>
      tables.events.find(`${row.merchant_id} ${row.event_id}`),
    ),
  ],
}

export function makeWebhookDeliveries() {
  const due = makeDueQueues<WebhookDeliveryRow>(
    (row) => row.endpoint_id,
    (row) => row.next_try_at?.getTime() ?? null,
  )
  const byEndpoint = makeMultiIndex<WebhookDeliveryRow>((row) => row.endpoint_id)
  const byEvent = makeMultiIndex<WebhookDeliveryRow>((row) => row.event_id)
  return { ...makeTable(deliveryRules, { others: [due, byEndpoint, byEvent] }), due, byEndpoint, byEvent }
}

export type PspEventRecord = {
  merchant_id: string
  psp_account_id: string
  event_id: string
  type: string
  reference: string | null
  event: StoredPspEvent
  state: 'received' | 'applied' | 'held' | 'flagged' | 'ignored'
  tries: number
  next_try_at: Date | null
  note: string | null
  received_at: Date
  applied_at: Date | null
}

const pspEventRules: TableRules<PspEventRecord> = {
  name: 'psp_events',
  primaryKey: (row) => `${row.merchant_id} ${row.psp_account_id} ${row.event_id}`,
  nullable: ['reference', 'next_try_at', 'note', 'applied_at'],
  checks: inOrder([
    check('psp_events_event_id_check', ({ event_id: id }) => id.length >= 1 && [...id].length <= 255),
    oneOf('psp_events', 'state', ['received', 'applied', 'held', 'flagged', 'ignored']),
  ]),
  references: [toMerchant('psp_events'), toPspAccount('psp_events')],
}

const isToApply = ({ state }: PspEventRecord) => state === 'received' || state === 'held'

export function makePspEvents() {
  const toApply = makeDueQueue<PspEventRecord>((row) => (isToApply(row) ? (row.next_try_at?.getTime() ?? null) : null))
  /** Those that operators are shown. */
  const held = makeMultiIndex<PspEventRecord>((row) =>
    row.state === 'held' || row.state === 'flagged' ? 'held' : null,
  )
  const byReference = makeMultiIndex<PspEventRecord>((row) => row.reference)
  return { ...makeTable(pspEventRules, { others: [toApply, held, byReference] }), toApply, held, byReference }
}
