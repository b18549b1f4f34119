import { neverSuspects } from '@fincore/payment-service/abuse/never-suspects'
import { createAdminServer } from '@fincore/payment-service/admin/server'
import { createInternalServer } from '@fincore/payment-service/card-door/internal-server'
import { loadConfig } from '@fincore/payment-service/config'
import type { Deps } from '@fincore/payment-service/deps'
import { createApiServer } from '@fincore/payment-service/http/api-server'
import { createLog } from '@fincore/payment-service/log'
import { createManagementServer } from '@fincore/payment-service/observability/management-server'
import { recordsNothing } from '@fincore/payment-service/observability/metrics'
import { alwaysReady } from '@fincore/payment-service/observability/readiness'
import { noTracing } from '@fincore/payment-service/observability/tracing'
import { createPspHealth } from '@fincore/payment-service/psp-gateway/psp-health'
import { createPspPlaces } from '@fincore/payment-service/psp-gateway/psp-places'
import { psps } from '@fincore/payment-service/psp-gateway/registry'
import { createVault } from '@fincore/payment-service/secrets'
import { createHotPath } from '@fincore/payment-service/store/hot-path'
import { openPool } from '@fincore/payment-service/store/pool'

export type RouteRow = { door: 'api' | 'admin' | 'internal' | 'management'; method: string; path: string; by: string }

/** Every route that the payment service answers, and who may call it: read from its own servers, which do not listen. */
export async function readRouteTable(): Promise<RouteRow[]> {
  const deps = makeIdleDeps()
  const servers = {
    api: await createApiServer(deps),
    admin: createAdminServer(deps),
    internal: createInternalServer(deps),
    management: createManagementServer(deps),
  }
  const rows: RouteRow[] = []
  for (const [door, app] of Object.entries(servers) as [RouteRow['door'], (typeof servers)['api']][]) {
    await app.ready()
    for (const { method, url, access } of app.routeTable) {
      if (method === 'HEAD') continue
      const by = access === undefined ? 'the card relay' : access.by === 'secret_key' ? access.scope : access.by
      rows.push({ door, method, path: url, by })
    }
    await app.close()
  }
  await deps.pool.end()
  return rows
}

/** What servers are made of. Nothing is connected: a route that is only listed asks nobody. */
function makeIdleDeps(): Deps {
  const nowhere = 'postgres://nobody@127.0.0.1:1/none'
  const pool = openPool(nowhere, 2)
  const encryptionKey = Buffer.alloc(32)
  return {
    config: loadConfig({
      PUBLIC_URL: 'https://pay.example.com',
      RELAY_URL: 'https://cards.example.com',
      DATABASE_URL: nowhere,
      ENCRYPTION_KEY: encryptionKey.toString('base64'),
      INTERNAL_TOKEN: '0'.repeat(32),
    }),
    pool,
    hotPath: createHotPath(pool),
    directory: {
      findApiKey: async () => null,
      readApiKey: async () => null,
      listPspAccounts: async () => [],
      listRoutableAccounts: async () => [],
      findPspAccount: async () => null,
      findOperator: async () => null,
      onChange: () => {},
      onCardTestingChange: () => {},
      isListening: () => true,
      close: async () => {},
    },
    vault: createVault(encryptionKey),
    psps,
    send: async () => ({ failure: 'refused', requestWasSent: false }),
    now: () => new Date(0),
    tracing: noTracing,
    steadyMs: () => Number.POSITIVE_INFINITY,
    log: createLog('silent'),
    metrics: recordsNothing,
    readiness: alwaysReady,
    wakeOutbox: () => {},
    pspPlaces: createPspPlaces(),
    cardTesting: neverSuspects,
    pspHealth: createPspHealth(),
    wakeInbox: () => {},
  }
}
