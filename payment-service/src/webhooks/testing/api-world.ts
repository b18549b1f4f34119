import { randomUUID } from 'node:crypto'
import { neverSuspects } from '../../abuse/never-suspects.ts'
import type { Deps } from '../../deps.ts'
import { createApiServer, perMinute } from '../../http/api-server.ts'
import { newId } from '../../ids.ts'
import { alwaysReady } from '../../observability/readiness.ts'
import { noTracing } from '../../observability/tracing.ts'
import { createPspHealth } from '../../psp-gateway/psp-health.ts'
import { createPspPlaces } from '../../psp-gateway/psp-places.ts'
import { psps } from '../../psp-gateway/registry.ts'
import { neverOpens } from '../../psp-gateway/testing/never-opens.ts'
import { digestOf, newSecret } from '../../secrets.ts'
import type { App } from '../../server/server.ts'
import { openDirectory } from '../../store/directory.ts'
import { createHotPath } from '../../store/hot-path.ts'
import { createWebhookWorld, type WebhookWorld } from './webhook-world.ts'

/** The public API on a test database, without its workers. */
export type ApiWorld = WebhookWorld & {
  app: App
  deps: Deps
  woken: { outbox: number; inbox: number }
  addKey(merchantId: string, scopes?: string[]): Promise<string>
  addPspAccount(merchantId: string, credentials: Record<string, string>): Promise<string>
  close(): Promise<void>
}

export async function createApiWorld(limits: Partial<typeof perMinute> = {}): Promise<ApiWorld> {
  const world = await createWebhookWorld()
  const { pool, vault, config, log, metrics } = world
  const directory = await openDirectory({ ...config, databaseUrl: world.databaseUrl }, pool, vault, log)
  const woken = { outbox: 0, inbox: 0 }
  const deps: Deps = {
    config,
    pool,
    directory,
    vault,
    psps,
    log,
    metrics,
    readiness: alwaysReady,
    hotPath: createHotPath(pool),
    send: async () => ({ failure: 'refused', requestWasSent: false }),
    now: () => new Date(),
    tracing: noTracing,
    steadyMs: () => Number.POSITIVE_INFINITY,
    wakeOutbox: () => void woken.outbox++,
    pspPlaces: createPspPlaces(),
    pspHealth: createPspHealth({ limits: neverOpens }),
    cardTesting: neverSuspects,
    wakeInbox: () => void woken.inbox++,
  }
  const app = await createApiServer(deps, { ...perMinute, ...limits })
  return {
    ...world,
    app,
    deps,
    woken,
    async addKey(merchantId, scopes = ['read', 'webhook_endpoints:write']) {
      const key = newSecret('sk_test_')
      await pool.query(
        `insert into api_keys (merchant_id, id, kind, digest, hint, scopes, created_by) values ($1, $2, 'secret', $3, 'sk', $4, 'test')`,
        [merchantId, newId('apiKey'), digestOf(key), scopes],
      )
      return key
    },
    async addPspAccount(merchantId, credentials) {
      const id = newId('pspAccount')
      await pool.query(
        `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, 'sandbox', 'Sandbox', '{}', $3)`,
        [merchantId, id, vault.seal(JSON.stringify(credentials), id)],
      )
      return id
    },
    async close() {
      await app.close()
      await directory.close()
      await world.close()
    },
  }
}

/** Calls of one key. A POST gets an idempotency key of its own unless it brings one. */
export function callerOf(app: App, key: string) {
  return async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: object,
    idempotencyKey: string = randomUUID(),
  ) => {
    const response = await app.inject({
      method,
      url: `/v1${url}`,
      headers: { authorization: `Bearer ${key}`, ...(method === 'POST' ? { 'idempotency-key': idempotencyKey } : {}) },
      ...(body === undefined ? {} : { payload: body }),
    })
    return { status: response.statusCode, headers: response.headers, body: response.json() }
  }
}
