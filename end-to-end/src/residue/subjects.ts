import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allRulesOff } from '@fincore/dev/bootstrap'
import { startManagedProcess } from '@fincore/dev/managed-process'
import { addPspAccount, callAdmin, makeMerchant } from '../merchants.ts'
import { throughPort } from '../tcp-way.ts'
import { type StartedWorld, startWorld } from '../world.ts'
import type { MeddlingPsp } from './meddling-psp.ts'
import type { OwnPostgres, Plumbing } from './plumbing.ts'

/** What the load needs to know of whom it is sent to. */
export type Subject = {
  relay: string
  api: string
  key: string
  /** Everything that its processes write, PostgreSQL's excepted. */
  dataDir: string
  stop(): Promise<void>
}

/** Short, so that the charges whose PSP is silent do not hold up the drill; long enough for a machine that is busy. */
const pspTimeoutMs = 3_000

/** Each is a process of PostgreSQL whose memory is searched; the load does not need more. */
const databaseConnections = '6'

/** The whole of FinCore behind the drill's plumbing, with a merchant of its own whose PSP is the meddling one. */
export async function startFinCoreSubject(
  postgres: OwnPostgres,
  plumbing: Plumbing,
  psp: MeddlingPsp,
): Promise<{ subject: Subject; world: StartedWorld }> {
  plumbing.database.forwardTo(postgres.port)
  const world = await startWorld({
    databaseUrl: throughPort(postgres.ownerUrl, plumbing.database.port),
    env: {
      'card-relay': {
        RELAY_PAYMENT_SERVICE_URL: `http://127.0.0.1:${plumbing.internal.port}`,
        RELAY_PSP_ORIGINS: psp.origin,
      },
      'payment-service': { PSP_TIMEOUT_MS: String(pspTimeoutMs), DATABASE_CONNECTIONS: databaseConnections },
    },
  })
  const { dev, ports } = world.fincore
  plumbing.internal.forwardTo(ports.internal)
  const certificates = dirname(dev.ca)
  psp.open({ cert: join(certificates, 'server.crt'), key: join(certificates, 'server.key'), ca: dev.ca }, dev.psp_api)
  const merchant = await makeMerchant(world, {
    scopes: ['charges:raw_card', 'charges:write', 'read', 'webhook_endpoints:write'],
  })
  // Cards by the hundred that the meddling PSP declines are what the defence against card testing stops.
  await callAdmin(world, 'PUT', `/merchants/${merchant.id}/card_testing`, { rules: allRulesOff })
  await addPspAccount(world, merchant, { apiUrl: psp.origin })
  const body = { url: plumbing.webhookUrl, events: ['*'] }
  const endpoint = await world.api('POST', '/v1/webhook_endpoints', body, { bearer: merchant.key })
  if (endpoint.status !== 201) throw new Error(`The webhook endpoint was refused: ${endpoint.text}`)
  const subject = {
    relay: dev.relay,
    api: dev.api,
    key: merchant.key,
    dataDir: dirname(certificates),
    stop: world.close,
  }
  return { subject, world }
}

/** The naive relay behind plumbing of its own, with the certificates of the world beside which it runs. */
export async function startControl(
  postgres: OwnPostgres,
  plumbing: Plumbing,
  psp: MeddlingPsp,
  world: StartedWorld,
): Promise<Subject> {
  plumbing.database.forwardTo(postgres.port)
  psp.approveAndEcho()
  const { dev } = world.fincore
  const certificates = dirname(dev.ca)
  const dataDir = join(dirname(certificates), 'control')
  mkdirSync(dataDir)
  const control = await startManagedProcess(
    {
      name: 'naive-relay',
      main: fileURLToPath(new URL('./naive-relay.ts', import.meta.url)),
      logFile: join(dataDir, 'naive-relay.log'),
      env: {
        NAIVE_CERT: join(certificates, 'server.crt'),
        NAIVE_KEY: join(certificates, 'server.key'),
        NODE_EXTRA_CA_CERTS: dev.ca,
        NAIVE_DATABASE_URL: throughPort(postgres.ownerUrl, plumbing.database.port),
        NAIVE_INTERNAL_URL: `http://127.0.0.1:${plumbing.internal.port}`,
        NAIVE_PSP: psp.origin,
        NAIVE_WEBHOOK_URL: plumbing.webhookUrl,
      },
    },
    () => {},
  )
  const { relay = '', internal = '' } = control.listening
  plumbing.internal.forwardTo(Number(new URL(internal).port))
  return { relay, api: relay, key: 'sk_test_of_the_control', dataDir, stop: async () => void (await control.stop()) }
}
