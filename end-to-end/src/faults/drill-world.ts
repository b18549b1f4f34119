import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Ports } from '@fincore/dev/addresses'
import { bootstrapMerchant } from '@fincore/dev/bootstrap'
import { ensureDevelopmentCertificates } from '@fincore/dev/certificates'
import { prepareDatabase } from '@fincore/dev/database'
import { loadOrCreateSecrets, type Merchant } from '@fincore/dev/dev-file'
import { findFreePorts } from '@fincore/dev/free-ports'
import { createHttpClient, type HttpClient } from '@fincore/dev/http-client'
import type { Exit } from '@fincore/dev/managed-process'
import { addressesOf, type PlanInput, planCardRelay, planPaymentService, planPsp } from '@fincore/dev/process-plans'
import { sandbox } from '@fincore/dev/psps/sandbox'
import pg from 'pg'
import { throughPort } from '../tcp-way.ts'
import { type DatabaseLink, startDatabaseLink } from './database-link.ts'
import { type HttpLink, startHttpLink } from './http-link.ts'
import type { Journal } from './journal.ts'
import type { Meddling } from './meddling.ts'
import { type MerchantReceiver, startMerchantReceiver } from './merchant-receiver.ts'
import {
  type DiskFull,
  fillFileSystem,
  limitFileSizes,
  type PostgresServer,
  startPostgresServer,
} from './postgres-server.ts'
import { type Supervised, startSupervised } from './supervised.ts'

/** One instance of the payment service, and its own way to the database. */
export type Instance = Supervised & {
  roles: string
  database: DatabaseLink
  /** Straight to its API; null for a worker. */
  api: string | null
  /** Whether it listens at this port. */
  isAt(port: number): boolean
  /** Moves its wall clock by so many milliseconds from the true one. */
  shiftClock(ms: number): void
}

export const linkNames = {
  front: 'front (merchants, shoppers and the PSP’s webhooks → payment service)',
  internal: 'card relay → payment service',
  tokens: 'payment service → PSP',
  cards: 'card relay → PSP',
  events: 'payment service → merchant’s webhook endpoint',
} as const
export type LinkName = keyof typeof linkNames

/** All of FinCore as real processes, every way between two of them through a proxy. */
export type DrillWorld = {
  instances: readonly Instance[]
  relay: Supervised
  psp: Supervised
  postgres: PostgresServer
  /** The ways to make the database's disk full that there are here. */
  diskFull: readonly DiskFull[]
  links: Readonly<Record<LinkName, HttpLink>>
  receiver: MerchantReceiver
  merchant: Merchant & { /** Where cards go; its calls leave by the link `cards`. */ cardAccount: string }
  /** As everybody reaches them. */
  addresses: { front: string; relay: string; pspPages: string; pspApi: string }
  pspAdminToken: string
  /** The PSP's own file, to be looked into and never written to. */
  pspLedger: string
  /** The settings of a worker, past every proxy: for a command. */
  workerSettings: Readonly<Record<string, string>>
  http: HttpClient
  /** With the merchant's client certificate. */
  cardHttp: HttpClient
  /** The owner's pool on PostgreSQL itself, past every proxy. */
  database: pg.Pool
  ownExits: string[]
  /** Copies what the processes have logged so far to a folder that stays. @returns the folder. */
  keepLogs(): string
  stop(): Promise<void>
}

/** Starts a pooler in front of the database of this URL, of the service's login. */
export type StartPooler = (
  folder: string,
  appUrl: string,
) => Promise<{ port: number; knowsPreparedStatements: boolean; stop(): Promise<unknown> }>

/** Roles of each payment service that is started. */
export const shapes = {
  whole: ['api,admin', 'api', 'worker', 'worker'],
  small: ['api,admin', 'worker'],
} as const

/** A PSP call may take this long: short, so that what is in doubt is looked up while the drill still runs. */
const pspTimeoutMs = 2_000
/** What has just happened at the PSP is not found there at once; the adapter reckons with 2 s. */
const lookUpDelayMs = 1_500

export async function startDrillWorld(options: {
  shape: keyof typeof shapes
  journal: Journal
  meddling: Meddling
  /** A folder on a small file system of its own, for the database; null where none could be mounted. */
  smallFileSystem: string | null
  /** Another arrangement of PostgreSQL than one server, in this folder and reached at this port. */
  startDatabase?: (folder: string, port: number) => Promise<PostgresServer>
  /** What stands between the services and PostgreSQL; without it, nothing. */
  startPooler?: StartPooler
}): Promise<DrillWorld> {
  const { journal, meddling, smallFileSystem, startDatabase = startPostgresServer, startPooler } = options
  const stopSteps: (() => Promise<unknown>)[] = []
  const stopAll = async () => {
    for (const step of stopSteps.splice(0).reverse()) await step().catch(() => {})
  }
  // Whoever asks second waits for the same end, and does not leave the program before it.
  let stopping: Promise<void> | null = null
  const stop = () => {
    stopping ??= stopAll()
    return stopping
  }
  try {
    const dataDir = mkdtempSync(join(tmpdir(), 'fincore-faults-'))
    chmodSync(dataDir, 0o711)
    stopSteps.push(async () => rmSync(dataDir, { recursive: true, force: true }))
    const logs = join(dataDir, 'logs')
    mkdirSync(logs)
    const secrets = loadOrCreateSecrets(dataDir)
    const certificates = await ensureDevelopmentCertificates(join(dataDir, 'certificates'))
    const roles = shapes[options.shape]
    const free = await findFreePorts(14 + roles.length * 4)
    const port = () => free.pop() ?? 0
    const at = (number: number) => `http://127.0.0.1:${number}`
    const own: Ports = {
      api: port(),
      relay: port(),
      admin: port(),
      internal: port(),
      management: port(),
      pspPages: port(),
      pspApi: port(),
      shop: port(),
      postgres: port(),
    }
    const linkPorts = { front: port(), internal: port(), tokens: port(), cards: port(), events: own.shop }

    const databaseDir = join(smallFileSystem ?? dataDir, 'postgres')
    const postgres = await startDatabase(databaseDir, own.postgres)
    stopSteps.push(() => postgres.stop())
    await postgres.asSuperuser(async (client) => {
      // So that the small file system holds it, and so that a checkpoint happens in the drill.
      await client.query("alter system set max_wal_size = '64MB'")
      await client.query("alter system set min_wal_size = '32MB'")
      await client.query('select pg_reload_conf()')
    })
    await prepareDatabase(postgres.ownerUrl)
    // While the database is killed and its disk is full, an answer may never come.
    const limits = { connectionTimeoutMillis: 10_000, query_timeout: 60_000 }
    const database = new pg.Pool({ connectionString: postgres.ownerUrl, max: 3, ...limits })
    database.on('error', () => {})
    stopSteps.push(() => database.end())

    const ownExits: string[] = []
    const onOwnExit = (name: string, { code, signal }: Exit) => {
      const how = signal ?? `exit code ${code}`
      ownExits.push(`${(journal.now() / 1000).toFixed(1)} s  ${name}, ${how}`)
    }
    const input = (ports: Ports, ownerUrl = '', appUrl = ''): PlanInput => ({
      dataDir,
      ports,
      certificates,
      secrets,
      ownerUrl,
      appUrl,
      overrides: {},
    })
    const pspPlan = planPsp(input(own))
    const psp = await startSupervised(
      { ...pspPlan, env: { ...pspPlan.env, SANDBOX_LOOKUP_DELAY_MS: String(lookUpDelayMs) } },
      onOwnExit,
    )
    stopSteps.push(() => psp.stop())

    // The processes' own ports first, so that the links know where to lead.
    const instancePorts = roles.map((_, index) => ({
      api: index === 0 ? own.api : port(),
      admin: index === 0 ? own.admin : port(),
      internal: index === 0 ? own.internal : port(),
      database: port(),
    }))
    const apis = instancePorts.filter((_, index) => roles[index]?.includes('api'))
    const tls = { cert: certificates.serverCert, key: certificates.serverKey, ca: certificates.ca }
    const startLink = async (name: LinkName, targets: number[], more: { tls?: typeof tls } = {}) => {
      const link = await startHttpLink({
        name,
        port: linkPorts[name],
        targets,
        chooseFault: (exchange) => meddling.chooseFault(name, exchange),
        reached: (moment, exchange) => meddling.reached(moment, exchange),
        ...more,
      })
      stopSteps.push(() => link.close())
      return link
    }
    const receiverPort = port()
    const receiver = await startMerchantReceiver(receiverPort, journal)
    stopSteps.push(() => receiver.close())
    const links: Record<LinkName, HttpLink> = {
      front: await startLink(
        'front',
        apis.map(({ api }) => api),
      ),
      internal: await startLink(
        'internal',
        apis.map(({ internal }) => internal),
      ),
      tokens: await startLink('tokens', [own.pspApi], { tls }),
      cards: await startLink('cards', [own.pspApi], { tls }),
      events: await startLink('events', [receiverPort]),
    }

    const appUrl = await prepareDatabase(postgres.ownerUrl)
    const pooler = await startPooler?.(dataDir, appUrl)
    if (pooler !== undefined) stopSteps.push(() => pooler.stop())
    const preload = pathToFileURL(new URL('./clock-shift.ts', import.meta.url).pathname).href
    const startInstance = async (role: string, index: number): Promise<Instance> => {
      const mine = instancePorts[index]
      if (mine === undefined) throw new Error('An instance has no ports')
      const name = `payment-service ${index + 1} (${role})`
      const link = await startDatabaseLink({
        name,
        port: mine.database,
        target: pooler?.port ?? own.postgres,
        chooseFault: (statement) => meddling.chooseStatementFault(statement),
        reached: (moment, statement) => meddling.reachedStatement(moment, statement),
      })
      stopSteps.push(() => link.close())
      const plan = planPaymentService(
        input(
          { ...own, api: mine.api, admin: mine.admin, internal: mine.internal },
          postgres.ownerUrl,
          throughPort(appUrl, mine.database),
        ),
      )
      // Migrated already: an instance that starts while PostgreSQL recovers needs one way to it and not two.
      const { MIGRATIONS_DATABASE_URL: _migrations, ...env } = plan.env
      const clockFile = join(dataDir, `clock-${index}`)
      const started = await startSupervised(
        {
          ...plan,
          name,
          logFile: join(logs, `payment-service-${index + 1}.log`),
          env: {
            ...env,
            ROLES: role,
            MANAGEMENT_PORT: '0',
            PUBLIC_URL: at(linkPorts.front),
            PSP_TIMEOUT_MS: String(pspTimeoutMs),
            ...(pooler === undefined
              ? {}
              : {
                  LISTEN_DATABASE_URL: appUrl,
                  DATABASE_PREPARED_STATEMENTS: String(pooler.knowsPreparedStatements),
                }),
            NODE_OPTIONS: `--import=${preload}`,
            CLOCK_SHIFT_FILE: clockFile,
          },
        },
        onOwnExit,
      )
      stopSteps.push(() => started.stop())
      return {
        ...started,
        roles: role,
        database: link,
        api: role.includes('api') ? at(mine.api) : null,
        isAt: (port) => port === mine.api || port === mine.internal,
        shiftClock: (ms) => writeFileSync(clockFile, String(ms)),
      }
    }
    const instances = await Promise.all(roles.map(startInstance))

    const relayPlan = planCardRelay(input({ ...own, internal: linkPorts.internal }))
    const pspOrigins = [linkPorts.tokens, linkPorts.cards].map((number) => `https://127.0.0.1:${number}`)
    const relay = await startSupervised(
      { ...relayPlan, env: { ...relayPlan.env, RELAY_PSP_ORIGINS: pspOrigins.join(',') } },
      onOwnExit,
    )
    stopSteps.push(() => relay.stop())

    const http = createHttpClient({ ca: certificates.ca })
    const cardHttp = createHttpClient({
      ca: certificates.ca,
      cert: certificates.clientCert,
      key: certificates.clientKey,
    })
    stopSteps.push(() => Promise.all([http.close(), cardHttp.close()]))
    const direct = addressesOf(own)
    const { merchant } = await bootstrapMerchant({
      client: http,
      secrets,
      psp: sandbox,
      addresses: { ...direct, psp_api: pspOrigins[0] ?? '' },
      clientFingerprint: certificates.clientFingerprint,
      cardTesting: 'off',
      earlier: [],
      now: new Date(),
    })
    receiver.useSecret(merchant.webhook_secret)
    const cardAccount = await openCardAccount(http, {
      admin: direct.admin,
      operatorToken: secrets.operators[0].token,
      pspApi: direct.psp_api,
      pspApiAsSeen: pspOrigins[1] ?? '',
      pspPages: direct.psp,
      pspAdminToken: secrets.psp_admin_token,
      merchant: merchant.merchant,
    })
    return {
      instances,
      relay,
      psp,
      postgres,
      diskFull: [...(smallFileSystem === null ? [] : [fillFileSystem(smallFileSystem)]), limitFileSizes(databaseDir)],
      links,
      receiver,
      merchant: { ...merchant, cardAccount },
      addresses: { front: at(linkPorts.front), relay: direct.relay, pspPages: direct.psp, pspApi: direct.psp_api },
      pspAdminToken: secrets.psp_admin_token,
      pspLedger: join(dataDir, 'psp-sandbox', 'psp-sandbox.sqlite'),
      workerSettings: planPaymentService(input(own, postgres.ownerUrl, appUrl)).env,
      http,
      cardHttp,
      database,
      ownExits,
      keepLogs() {
        const kept = mkdtempSync(join(tmpdir(), 'fincore-drill-logs-'))
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

/** The merchant's second account at the PSP: its calls leave by a link of their own. */
async function openCardAccount(
  http: HttpClient,
  at: {
    admin: string
    operatorToken: string
    pspApi: string
    pspApiAsSeen: string
    pspPages: string
    pspAdminToken: string
    merchant: string
  },
): Promise<string> {
  const psp = await http.json<{ secret_key: string; public_key: string; webhook_secret: string }>(
    'POST',
    `${at.pspApi}/v2/accounts`,
    { bearer: at.pspAdminToken, headers: { 'idempotency-key': 'cards' }, json: { name: 'Cards' } },
  )
  const account = await http.json<{ id: string; webhook_url: string }>(
    'POST',
    `${at.admin}/admin/v1/merchants/${at.merchant}/psp_accounts`,
    {
      bearer: at.operatorToken,
      json: {
        psp: 'sandbox',
        name: 'Cards',
        config: { api_url: at.pspApiAsSeen, pages_url: at.pspPages },
        credentials: {
          secret_key: psp.secret_key,
          public_key: psp.public_key,
          webhook_secret: psp.webhook_secret,
        },
      },
    },
  )
  await http.json('PUT', `${at.pspApi}/v2/account/webhook`, {
    bearer: psp.secret_key,
    json: { url: account.webhook_url },
  })
  return account.id
}
