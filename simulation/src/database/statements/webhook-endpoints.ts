import {
  deleteWebhookEndpoint,
  disableWebhookEndpoint,
  findWebhookEndpoint,
  insertWebhookEndpoint,
  lockWebhookEndpoint,
  rotateStoredSecret,
  updateWebhookEndpoint,
  type WebhookEndpointRow,
  webhookEndpointColumns,
} from '@fincore/payment-service/store/webhook-endpoints'
import { lesson } from '../learn.ts'
import { lockRow } from '../locks.ts'
import { lockStrengths, visibleTo } from '../slot.ts'
import { insert, read, readLocked, remove, update } from '../table.ts'
import { newEndpoint, type WebhookEndpointRecord } from '../tables/events.ts'
import type { Transaction } from '../transaction.ts'
import { seenOf } from './attempts.ts'
import { answerOne, columnsOf, makePicker } from './columns.ts'

const columns = columnsOf<keyof WebhookEndpointRow>(webhookEndpointColumns)
const pick = makePicker<WebhookEndpointRecord, keyof WebhookEndpointRow>(columns)
const anyEndpoint = Object.fromEntries(columns.map((name) => [name, null])) as unknown as WebhookEndpointRow
const none = { merchantId: '', id: '', url: '', secret: Buffer.alloc(0), overlapSeconds: 0 }
const slotOf = (tx: Transaction, merchantId: string, id: string) =>
  tx.tables.webhook_endpoints.find(`${merchantId} ${id}`)

export const endpointLessons = [
  lesson(
    'lockEndpointCreation',
    (db) => insertWebhookEndpoint(db, anyEndpoint, 1),
    function* (tx, [merchantId]: [string]) {
      yield* lockRow(tx, tx.tables.webhook_endpoints.creationOf(merchantId), lockStrengths.update)
      return [{ pg_advisory_xact_lock: '' }]
    },
  ),
  lesson(
    'insertWebhookEndpoint',
    (db) => insertWebhookEndpoint(db, anyEndpoint, 1),
    function* (tx, [merchant_id, id, url, description, events, secret, limit]: InsertValues) {
      const { webhook_endpoints: table } = tx.tables
      if ([...seenOf(tx, table.byMerchant.find(merchant_id), () => true)].length >= limit) return []
      const row = newEndpoint({ merchant_id, id, url, description, events: [...events], secret }, tx.now)
      yield* insert(tx, table, row)
      return [pick(row)]
    },
    { earlier: [[{}]] },
  ),
  lesson(
    'findWebhookEndpoint',
    (db) => findWebhookEndpoint(db, '', ''),
    (tx, [merchantId, id]: [string, string]) =>
      answerOne(read(tx, tx.tables.webhook_endpoints, `${merchantId} ${id}`), pick),
  ),
  lesson(
    'lockWebhookEndpoint',
    (db) => lockWebhookEndpoint(db, '', ''),
    function* (tx, [merchantId, id]: [string, string]) {
      const key = `${merchantId} ${id}`
      return answerOne(yield* readLocked(tx, tx.tables.webhook_endpoints, key, lockStrengths.noKeyUpdate), pick)
    },
  ),
  lesson(
    'updateWebhookEndpoint',
    (db) => updateWebhookEndpoint(db, anyEndpoint),
    function* (tx, [merchantId, id, url, description, events, status, disabled_reason]: UpdateValues) {
      const changes = { url, description, events: [...events], status, disabled_reason, updated_at: tx.now }
      return answerOne(yield* update(tx, slotOf(tx, merchantId, id), (row) => ({ ...row, ...changes })), pick)
    },
  ),
  lesson(
    'rotateStoredSecret',
    (db) => rotateStoredSecret(db, none),
    function* (tx, [merchantId, id, secret, overlapSeconds]: [string, string, Buffer, number]) {
      const overlaps = overlapSeconds > 0
      const changed = yield* update(tx, slotOf(tx, merchantId, id), (row) => ({
        ...row,
        secret,
        updated_at: tx.now,
        previous_secret: overlaps ? row.secret : null,
        previous_secret_until: overlaps ? new Date(tx.now.getTime() + overlapSeconds * 1000) : null,
      }))
      return answerOne(changed, pick)
    },
  ),
  lesson(
    'deleteWebhookEndpoint',
    (db) => deleteWebhookEndpoint(db, '', ''),
    function* (tx, [merchantId, id]: [string, string]) {
      const slot = slotOf(tx, merchantId, id)
      if (slot === undefined || !(yield* remove(tx, slot))) return 0
      // Its deliveries go by the foreign key's `on delete cascade`.
      for (const delivery of [...tx.tables.webhook_deliveries.byEndpoint.find(id)])
        if (visibleTo(tx, delivery)?.merchant_id === merchantId) yield* remove(tx, delivery)
      return 1
    },
  ),
  lesson(
    'disableWebhookEndpoint',
    (db) => disableWebhookEndpoint(db, { ...none, reason: 'gone' }),
    function* (tx, [merchantId, id, url, disabled_reason]: [string, string, string, 'gone' | 'failing']) {
      const off = { status: 'disabled', disabled_reason, updated_at: tx.now } as const
      const changed = yield* update(
        tx,
        slotOf(tx, merchantId, id),
        (row) => ({ ...row, ...off }),
        (row) => row.url === url && row.status === 'enabled',
      )
      return answerOne(changed, pick)
    },
  ),
]

type InsertValues = [
  merchantId: string,
  id: string,
  url: string,
  description: string | null,
  events: string[],
  secret: Buffer,
  limit: number,
]
type UpdateValues = [
  merchantId: string,
  id: string,
  url: string,
  description: string | null,
  events: string[],
  status: WebhookEndpointRow['status'],
  disabledReason: WebhookEndpointRow['disabled_reason'],
]
