import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { portsBy } from '@fincore/dev/addresses'
import { prepareDatabase } from '@fincore/dev/database'
import type { Merchant } from '@fincore/dev/dev-file'
import { findFreePorts } from '@fincore/dev/free-ports'
import { addressesOf, planCardRelay, planPaymentService, planPsp } from '@fincore/dev/process-plans'
import type pg from 'pg'
import { buildOnGround, type DrillGround } from '../drill-ground.ts'
import { addPspAccount } from '../merchants.ts'
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

/** A merchant of FinCore's, and all that it takes to pay there and to judge afterwards what came of it. */
export type JudgedWorld = DrillGround & {
  merchant: Merchant
  /** As everybody reaches them; `api` is past every proxy. */
  addresses: { front: string; api: string; relay: string; pspPages: string; pspApi: string }
  receiver: MerchantReceiver
  /** The owner's pool on PostgreSQL itself, past every proxy. */
  database: pg.Pool
}

/** All of FinCore as real processes, every way between two of them through a proxy. */
export type DrillWorld = JudgedWorld & {
  instances: readonly Instance[]
  relay: Supervised
  psp: Supervised
  postgres: PostgresServer
  /** The ways to make the database's disk full that there are here. */
  diskFull: readonly DiskFull[]
  links: Readonly<Record<LinkName, HttpLink>>
  /** The account that cards go to; its calls leave by the link `cards`. */
  cardAccount: string
  /** The settings of a worker, past every proxy: for a command. */
  workerSettings: Readonly<Record<string, string>>
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
/** Between two tries of a webhook of the PSP's: a short drill would only wait for one that met three faults. */
const longestRetryMs = { whole: 60_000, small: 2_000 } as const

export function startDrillWorld(options: {
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
  const roles = shapes[options.shape]
  return buildOnGround('faults', async (ground) => {
    const { dataDir, keep, planWith, certificates } = ground
    const supervise = async (plan: Parameters<typeof startSupervised>[0]) =>
      keep(await startSupervised(plan, ground.noteOwnExit))
    const free = await findFreePorts(14 + roles.length * 4)
    const port = () => free.pop() ?? 0
    const at = (number: number) => `http://127.0.0.1:${number}`
    const own = portsBy(port)
    const linkPorts = { front: port(), internal: port(), tokens: port(), cards: port(), events: own.shop }

    const databaseDir = join(smallFileSystem ?? dataDir, 'postgres')
    const postgres = keep(await startDatabase(databaseDir, own.postgres))
    await postgres.asSuperuser(async (client) => {
      // So that the small file system holds it, and so that a checkpoint happens in the drill.
      await client.query("alter system set max_wal_size = '64MB'")
      await client.query("alter system set min_wal_size = '32MB'")
      await client.query('select pg_reload_conf()')
    })
    const appUrl = await prepareDatabase(postgres.ownerUrl)
    // While the database is killed and its disk is full, an answer may never come.
    const limits = { max: 3, connectionTimeoutMillis: 10_000, query_timeout: 60_000 }
    const database = ground.openPool(postgres.ownerUrl, limits)

    // The processes' own ports first, so that the links know where to lead.
    const instancePorts = roles.map((_, index) => ({
      api: index === 0 ? own.api : port(),
      admin: index === 0 ? own.admin : port(),
      internal: index === 0 ? own.internal : port(),
      database: port(),
    }))
    const apis = instancePorts.filter((_, index) => roles[index]?.includes('api'))
    const tls = { cert: certificates.serverCert, key: certificates.serverKey, ca: certificates.ca }
    const startLink = async (name: LinkName, targets: number[], more: { tls?: typeof tls } = {}) =>
      keep(
        await startHttpLink({
          name,
          port: linkPorts[name],
          targets,
          chooseFault: (exchange) => meddling.chooseFault(name, exchange),
          reached: (moment, exchange) => meddling.reached(moment, exchange),
          ...more,
        }),
      )
    const receiverPort = port()
    const receiver = keep(await startMerchantReceiver(receiverPort, journal))
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

    const pooler = await startPooler?.(dataDir, appUrl)
    if (pooler !== undefined) keep(pooler)
    const poolerSettings: Record<string, string> =
      pooler === undefined
        ? {}
        : { LISTEN_DATABASE_URL: appUrl, DATABASE_PREPARED_STATEMENTS: String(pooler.knowsPreparedStatements) }
    const preload = pathToFileURL(new URL('./clock-shift.ts', import.meta.url).pathname).href
    const startInstance = async (role: string, index: number): Promise<Instance> => {
      const mine = instancePorts[index]
      if (mine === undefined) throw new Error('An instance has no ports')
      const name = `payment-service ${index + 1} (${role})`
      const link = keep(
        await startDatabaseLink({
          name,
          port: mine.database,
          target: pooler?.port ?? own.postgres,
          chooseFault: (statement) => meddling.chooseStatementFault(statement),
          reached: (moment, statement) => meddling.reachedStatement(moment, statement),
        }),
      )
      const clockFile = join(dataDir, `clock-${index}`)
      // Migrated already: an instance that starts while PostgreSQL recovers needs one way to it and not two.
      const input = planWith(
        { ...own, ...mine },
        {
          appUrl: throughPort(appUrl, mine.database),
          overrides: {
            'payment-service': {
              ROLES: role,
              MANAGEMENT_PORT: '0',
              PUBLIC_URL: at(linkPorts.front),
              PSP_TIMEOUT_MS: String(pspTimeoutMs),
              ...poolerSettings,
              NODE_OPTIONS: `--import=${preload}`,
              CLOCK_SHIFT_FILE: clockFile,
            },
          },
        },
      )
      const started = await supervise(ground.rename(planPaymentService(input), name))
      return {
        ...started,
        roles: role,
        database: link,
        api: role.includes('api') ? at(mine.api) : null,
        isAt: (port) => port === mine.api || port === mine.internal,
        shiftClock: (ms) => writeFileSync(clockFile, String(ms)),
      }
    }
    const [tokens, cards] = [`https://127.0.0.1:${linkPorts.tokens}`, `https://127.0.0.1:${linkPorts.cards}`]
    const overrides = {
      psp: {
        SANDBOX_LOOKUP_DELAY_MS: String(lookUpDelayMs),
        SANDBOX_WEBHOOK_MAX_RETRY_MS: String(longestRetryMs[options.shape]),
      },
      'card-relay': { RELAY_PSP_ORIGINS: `${tokens},${cards}` },
    }
    const [psp, relay, instances] = await Promise.all([
      supervise(planPsp(planWith(own, { overrides }))),
      supervise(planCardRelay(planWith({ ...own, internal: linkPorts.internal }, { overrides }))),
      Promise.all(roles.map(startInstance)),
    ])
    const direct = addressesOf(own)
    const merchant = await ground.setUpMerchant({ ...direct, psp_api: tokens })
    receiver.useSecret(merchant.webhook_secret)
    const wish = { name: 'Cards', apiUrl: cards, hasWebhooks: true }
    const { id: cardAccount } = await addPspAccount(ground.operatorsAt(direct), { id: merchant.merchant }, wish)
    return {
      instances,
      relay,
      psp,
      postgres,
      diskFull: [...(smallFileSystem === null ? [] : [fillFileSystem(smallFileSystem)]), limitFileSizes(databaseDir)],
      links,
      receiver,
      merchant,
      cardAccount,
      addresses: {
        front: at(linkPorts.front),
        api: direct.api,
        relay: direct.relay,
        pspPages: direct.psp,
        pspApi: direct.psp_api,
      },
      workerSettings: planPaymentService(planWith(own, { ownerUrl: postgres.ownerUrl, appUrl })).env,
      database,
    }
  })
}
