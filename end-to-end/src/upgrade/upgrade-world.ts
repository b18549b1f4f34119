import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrapMerchant } from '@fincore/dev/bootstrap'
import { ensureDevelopmentCertificates } from '@fincore/dev/certificates'
import { loadOrCreateSecrets, type Merchant } from '@fincore/dev/dev-file'
import { findFreePorts } from '@fincore/dev/free-ports'
import { createHttpClient, type HttpClient } from '@fincore/dev/http-client'
import { type Exit, type ManagedProcess, pathInRepository, startManagedProcess } from '@fincore/dev/managed-process'
import { addressesOf, type PlanInput, planCardRelay, planPaymentService, planPsp } from '@fincore/dev/process-plans'
import { sandbox } from '@fincore/dev/psps/sandbox'
import pg from 'pg'
import type { Journal } from '../faults/journal.ts'
import { type MerchantReceiver, startMerchantReceiver } from '../faults/merchant-receiver.ts'
import { startTcpWay, type TcpWay } from '../tcp-way.ts'
import { type Balancer, startBalancer, type Target } from './balancer.ts'

/** Code that a process can be started from. */
export type Version = {
  name: string
  /** Its repository's root. */
  folder: string
  /** Where its API says whether it wants requests. */
  readyPath: string
  /** Whether it drains when told to end; otherwise the balancer is told first, as an operator would. */
  drains: boolean
}

/** A payment service behind the balancers. */
export type Service = { version: Version; roles: string; retire(): Promise<{ exit: Exit; ms: number }> }

export type UpgradeWorld = {
  merchant: Merchant
  addresses: { front: string; relay: string; pspPages: string; pspApi: string }
  pspAdminToken: string
  pspLedger: string
  http: HttpClient
  /** With the merchant's client certificate. */
  cardHttp: HttpClient
  /** The owner's, past everything. */
  database: pg.Pool
  receiver: MerchantReceiver
  /** Those that were started first. */
  services: Service[]
  /** Starts one, and puts it into service when it is ready. */
  startService(version: Version, roles: string): Promise<Service>
  /** Starts a card relay of this version, and then ends the one before. */
  replaceRelay(version: Version): Promise<void>
  /** Processes that ended although nobody ended them. */
  ownExits: string[]
  keepLogs(): string
  stop(): Promise<void>
}

/** Many of the balancer's looks, on a machine that is busy. It lasts no longer than the balancer needs. */
const drainMs = 10_000

export async function startUpgradeWorld(options: {
  journal: Journal
  ownerUrl: string
  appUrl: string
  version: Version
  /** The roles of each payment service that is started; the first is an admin too. */
  roles: readonly string[]
  withRelay: boolean
}): Promise<UpgradeWorld> {
  const { journal, ownerUrl, appUrl, version } = options
  const stopSteps: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of stopSteps.splice(0).reverse()) await step().catch(() => {})
  }
  try {
    const dataDir = mkdtempSync(join(tmpdir(), 'fincore-upgrade-'))
    stopSteps.push(async () => rmSync(dataDir, { recursive: true, force: true }))
    const logs = join(dataDir, 'logs')
    mkdirSync(logs)
    const secrets = loadOrCreateSecrets(dataDir)
    const certificates = await ensureDevelopmentCertificates(join(dataDir, 'certificates'))
    const keep = <Part extends { close(): Promise<unknown> }>(part: Part): Part => {
      stopSteps.push(() => part.close())
      return part
    }
    const front: Balancer = keep(await startBalancer())
    const internal: Balancer = keep(await startBalancer())
    // The card relay ends TLS itself, so its load balancer shares out connections.
    const cards: TcpWay = keep(await startTcpWay(null))
    const [pspPages = 0, pspApi = 0, shop = 0, admin = 0] = await findFreePorts(4)
    const portOf = (url: string) => Number(new URL(url).port)
    const ports = {
      api: portOf(front.url),
      internal: portOf(internal.url),
      relay: cards.port,
      admin,
      pspPages,
      pspApi,
      shop,
      management: 0,
      postgres: 0,
    }
    const addresses = addressesOf(ports)
    const input: PlanInput = { dataDir, ports, certificates, secrets, ownerUrl, appUrl, overrides: {} }
    const ownExits: string[] = []
    let count = 0
    const start = async (
      name: string,
      main: string,
      env: Record<string, string>,
      more: { watcher?: string } = {},
    ): Promise<ManagedProcess> => {
      const unique = `${name} ${++count}`
      const plan = { name: unique, main, env, logFile: join(logs, `${unique.replaceAll(/\W+/g, '-')}.log`), ...more }
      const started = await startManagedProcess(plan, (_name, { code, signal }) =>
        ownExits.push(`${unique}: ${signal ?? `exit code ${code}`}`),
      )
      stopSteps.push(() => started.stop())
      return started
    }
    const receiver = keep(await startMerchantReceiver(shop, journal))
    const psp = planPsp(input)
    await start('psp-sandbox', psp.main, psp.env)

    const services: Service[] = []
    const startService = async (of: Version, roles: string): Promise<Service> => {
      const { main: ownMain, env: allEnv } = planPaymentService(input)
      const { MIGRATIONS_DATABASE_URL: _owner, ...env } = allEnv
      // Tests start this version faster.
      const main = of.folder === pathInRepository('') ? ownMain : join(of.folder, 'payment-service/src/main.ts')
      const process = await start(`payment-service, ${of.name}`, main, {
        ...env,
        ROLES: roles,
        API_PORT: '0',
        INTERNAL_PORT: '0',
        MANAGEMENT_PORT: '0',
        ADMIN_PORT: services.length === 0 ? String(admin) : '0',
        // Nobody sends a worker requests, so it has none to wait for.
        DRAIN_MS: roles.includes('api') ? String(drainMs) : '0',
      })
      const { api, internal: inner } = process.listening
      const behind: [Balancer, Target][] = []
      if (api !== undefined && inner !== undefined) {
        const healthUrl = `${api}${of.readyPath}`
        behind.push([front, { url: api, healthUrl }], [internal, { url: inner, healthUrl }])
      }
      await Promise.all(behind.map(([balancer, target]) => balancer.add(target)))
      const take = (how: 'untilDrained' | 'remove') =>
        Promise.all(behind.map(([balancer, target]) => balancer[how](target)))
      return {
        version: of,
        roles,
        async retire() {
          if (!of.drains) await take('remove')
          const begunAt = performance.now()
          const ending = process.kill('SIGTERM')
          if (of.drains && behind.length > 0) {
            await take('untilDrained')
            // A second signal: nobody sends it anything any more.
            void process.kill('SIGTERM')
            await take('remove')
          }
          const exit = await ending
          return { exit, ms: performance.now() - begunAt }
        },
      }
    }
    for (const roles of options.roles) services.push(await startService(version, roles))

    let relay: { process: ManagedProcess; port: number } | null = null
    const replaceRelay = async (of: Version) => {
      const earlier = relay
      const [port = 0] = await findFreePorts(1)
      const plan = planCardRelay(input)
      const process = await start(
        `card-relay, ${of.name}`,
        join(of.folder, 'card-relay/start.sh'),
        { ...plan.env, RELAY_PORT: String(port) },
        { watcher: join(of.folder, 'dev/src/exit-with-parent.ts') },
      )
      relay = { process, port }
      cards.lead(port)
      if (earlier === null) return
      await cards.untilLeft(earlier.port)
      await earlier.process.kill('SIGTERM')
    }
    if (options.withRelay) await replaceRelay(version)

    const http = keep(createHttpClient({ ca: certificates.ca }))
    const { ca, clientCert: cert, clientKey: key, clientFingerprint } = certificates
    const cardHttp = keep(createHttpClient({ ca, cert, key }))
    const { merchant } = await bootstrapMerchant({
      client: http,
      secrets,
      psp: sandbox,
      addresses,
      clientFingerprint,
      cardTesting: 'off',
      earlier: [],
      now: new Date(),
    })
    receiver.useSecret(merchant.webhook_secret)
    const database = new pg.Pool({ connectionString: ownerUrl, max: 3 })
    database.on('error', () => {})
    stopSteps.push(() => database.end())
    return {
      merchant,
      addresses: {
        front: front.url,
        relay: addresses.relay,
        pspPages: addresses.psp,
        pspApi: addresses.psp_api,
      },
      pspAdminToken: secrets.psp_admin_token,
      pspLedger: join(dataDir, 'psp-sandbox', 'psp-sandbox.sqlite'),
      http,
      cardHttp,
      database,
      receiver,
      services,
      startService,
      replaceRelay,
      ownExits,
      keepLogs() {
        const kept = mkdtempSync(join(tmpdir(), 'fincore-upgrade-logs-'))
        cpSync(logs, kept, { recursive: true })
        return kept
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
