import { randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { EventType } from '@fincore/api-contract/events'
import { createTestDatabase } from '@fincore/dev/test-database'
import { type Config, loadConfig } from '../../config.ts'
import { newWebhookSecret } from '../../flows/webhook-secrets.ts'
import { newId } from '../../ids.ts'
import { createLog, type Log } from '../../log.ts'
import { type Metrics, recordsNothing } from '../../observability/metrics.ts'
import { noTracing, type Tracing } from '../../observability/tracing.ts'
import { createVault, type Vault } from '../../secrets.ts'
import { insertEvent, makeEvent } from '../../store/events.ts'
import { openPool, type Pool } from '../../store/pool.ts'
import { type WebhookDeliveryRow, webhookDeliveryColumns } from '../../store/webhook-deliveries.ts'
import { addEvents } from './add-events.ts'

const encryptionKey = Buffer.alloc(32, 7)

/** A database with merchants, endpoints and events, for the tests of the webhooks. */
export type WebhookWorld = {
  databaseUrl: string
  /** The login that owns the tables. */
  ownerUrl: string
  pool: Pool
  vault: Vault
  config: Config
  log: Log
  metrics: Metrics
  now: () => Date
  tracing: Tracing
  addMerchant(): Promise<string>
  addEndpoint(merchantId: string, url: string): Promise<{ id: string; secret: string }>
  addEvent(merchantId: string, type?: EventType): Promise<{ id: string; body: string }>
  /** Many at once. */
  addEvents(merchantId: string, howMany: number): Promise<void>
  deliveriesOf(endpointId: string): Promise<WebhookDeliveryRow[]>
  close(): Promise<void>
}

export async function createWebhookWorld(): Promise<WebhookWorld> {
  const database = await createTestDatabase()
  const pool = openPool(database.appUrl, 6)
  const vault = createVault(encryptionKey)
  return {
    databaseUrl: database.appUrl,
    ownerUrl: database.ownerUrl,
    pool,
    vault,
    config: loadConfig({
      DATABASE_URL: database.appUrl,
      ENCRYPTION_KEY: encryptionKey.toString('base64'),
      INTERNAL_TOKEN: 'i'.repeat(32),
      PUBLIC_URL: 'http://127.0.0.1:4000',
      RELAY_URL: 'https://127.0.0.1:4001',
      ALLOW_LOOPBACK_WEBHOOKS: 'true',
    }),
    log: createLog('silent'),
    metrics: recordsNothing,
    now: () => new Date(),
    tracing: noTracing,
    async addMerchant() {
      const id = newId('merchant')
      await pool.query('insert into merchants (merchant_id, name) values ($1, $1)', [id])
      return id
    },
    async addEndpoint(merchantId, url) {
      const [id, secret] = [newId('webhookEndpoint'), newWebhookSecret()]
      await pool.query(
        `insert into webhook_endpoints (merchant_id, id, url, events, status, secret) values ($1, $2, $3, '{*}', 'enabled', $4)`,
        [merchantId, id, url, vault.seal(secret, id)],
      )
      return { id, secret }
    },
    async addEvent(merchantId, type = 'charge.captured') {
      const event = makeEvent(type, merchantId, { id: newId('charge') }, 1, new Date())
      await insertEvent(pool, event)
      return event
    },
    addEvents: (merchantId, howMany) => addEvents(pool, merchantId, howMany),
    async deliveriesOf(endpointId) {
      const { rows } = await pool.query<WebhookDeliveryRow>(
        `select ${webhookDeliveryColumns} from webhook_deliveries where endpoint_id = $1 order by id`,
        [endpointId],
      )
      return rows
    },
    async close() {
      await pool.end()
      await database.drop()
    },
  }
}

export type Received = { path: string; headers: IncomingHttpHeaders; body: string }
export type Receiver = {
  url: string
  received: Received[]
  /** How many are open now. */
  connections(): Promise<number>
  close(): Promise<void>
}

/** A merchant's server on loopback: keeps what it gets, and answers as told. */
export async function startReceiver(
  answer: (response: ServerResponse, received: Received) => void = (response) => response.end(),
  port = 0,
  keepAliveMs = 5_000,
): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
    received.push(one)
    answer(response, one)
  })
  server.keepAliveTimeout = keepAliveMs
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook-${randomBytes(4).toString('hex')}`,
    received,
    connections: () => promisify(server.getConnections.bind(server))(),
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** Waits until something is true, at most 15 seconds. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`After 15 seconds it was still not so: ${what}`)
    await sleep(15)
  }
}
