import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { type Ports, portTable } from '@fincore/dev/addresses'
import { bootstrapMerchant } from '@fincore/dev/bootstrap'
import { ensureDevelopmentCertificates } from '@fincore/dev/certificates'
import { prepareDatabase } from '@fincore/dev/database'
import { loadOrCreateSecrets, type Merchant } from '@fincore/dev/dev-file'
import { startPostgres } from '@fincore/dev/embedded-postgres'
import { findFreePorts } from '@fincore/dev/free-ports'
import { createHttpClient } from '@fincore/dev/http-client'
import { type ManagedProcess, startManagedProcess } from '@fincore/dev/managed-process'
import { addressesOf, type PlanInput, planCardRelay, planPaymentService } from '@fincore/dev/process-plans'
import { sandbox } from '@fincore/dev/psps/sandbox'
import pg from 'pg'
import { openRawConnections, type RawConnections } from '../overload/raw-connections.ts'
import { startTcpWay, type TcpWay, throughPort } from '../tcp-way.ts'
import { cpuMs, postgresCpuMs } from './cpu-time.ts'

/** Who spends processor time. */
export const parts = ['api', 'card relay', 'worker', 'PostgreSQL', 'PSP stub', 'load'] as const
export type Part = (typeof parts)[number]

/** N APIs, as many card relays, a worker, an operators' API, a durable PostgreSQL and a PSP that is quick. */
export type BenchWorld = {
  merchant: Merchant
  /** Connections for charges by token and by raw card, to each API and relay in turn. */
  doors: Record<'token' | 'raw card', readonly RawConnections[]>
  database: pg.Pool
  ownerUrl: string
  /** Processor time so far, in ms. */
  cpu(): Record<Part, number>
  /** Bytes so far, both ways together, by the way; empty unless they are counted. */
  bytes(): Readonly<Record<string, number>>
  receiver: Receiver
  stop(): Promise<void>
}

/** The merchant's webhook endpoint. */
export type Receiver = {
  answerAfter(ms: number): void
  /** How many requests it had at once, at most, since `resetMost`. */
  most(): number
  resetMost(): void
  close(): Promise<void>
}

const connectionsPerDoor = 64

/** @param countsBytes puts a counter into each way between two processes: for a run that is not timed. */
export async function startBenchWorld(apis: number, countsBytes = false): Promise<BenchWorld> {
  const stopSteps: (() => unknown)[] = []
  const stop = async () => {
    for (const step of stopSteps.splice(0).reverse()) await step()
  }
  try {
    const dataDir = mkdtempSync(join(tmpdir(), 'fincore-bench-'))
    chmodSync(dataDir, 0o711)
    stopSteps.push(() => rmSync(dataDir, { recursive: true, force: true }))
    mkdirSync(join(dataDir, 'logs'))
    const certificates = await ensureDevelopmentCertificates(join(dataDir, 'certificates'))
    const secrets = loadOrCreateSecrets(dataDir)
    const postgresDir = join(dataDir, 'postgres')
    const postgres = await startPostgres({ dataDir: postgresDir, port: 0 })
    stopSteps.push(() => postgres.stop())
    const appUrl = await prepareDatabase(postgres.ownerUrl)
    const database = new pg.Pool({ connectionString: postgres.ownerUrl, max: 2 })
    // The server may end before a connection of it has said goodbye.
    database.on('error', () => {})
    stopSteps.push(() => database.end())

    const ways = new Map<string, TcpWay>()
    const by = async (name: string, port: number): Promise<number> => {
      if (!countsBytes) return port
      const way = await startTcpWay(port)
      stopSteps.push(() => way.close())
      ways.set(name, way)
      return way.port
    }
    const start = async (plan: Parameters<typeof startManagedProcess>[0]): Promise<ManagedProcess> => {
      const started = await startManagedProcess(plan, () => undefined)
      stopSteps.push(() => started.stop())
      return started
    }
    const allPorts = await choosePorts(apis + 2)
    const [first = allPorts[0] as Ports] = allPorts
    const receiver = await startReceiver(first.shop)
    stopSteps.push(() => receiver.close())
    const psp = await start({
      name: 'psp-stub',
      main: new URL('./psp-stub.ts', import.meta.url).pathname,
      env: {
        BENCH_PSP_PORT: String(first.pspApi),
        BENCH_CERT: certificates.serverCert,
        BENCH_KEY: certificates.serverKey,
      },
      logFile: join(dataDir, 'logs', 'psp-stub.log'),
    })
    const pspPort = await by('payment service or card relay ↔ PSP', first.pspApi)
    const countedUrl = throughPort(appUrl, await by('api ↔ PostgreSQL', postgres.port))
    const workerUrl = throughPort(appUrl, await by('worker ↔ PostgreSQL', postgres.port))
    const input = (ports: Ports, url: string): PlanInput => ({
      dataDir,
      ports: { ...ports, pspApi: pspPort },
      certificates,
      secrets,
      ownerUrl: postgres.ownerUrl,
      appUrl: url,
      overrides: { 'payment-service': { LOG_LEVEL: 'warn' } },
    })
    const startService = (ports: Ports, roles: string, url: string, index: number) => {
      const { env, ...plan } = planPaymentService(input(ports, url))
      const logFile = join(dataDir, 'logs', `payment-service-${index}.log`)
      return start({
        ...plan,
        logFile,
        env: { ...env, ROLES: roles, MANAGEMENT_PORT: '0', MIGRATIONS_DATABASE_URL: '' },
      })
    }
    const services: ManagedProcess[] = []
    const relays: ManagedProcess[] = []
    for (const [index, ports] of allPorts.entries()) {
      if (index >= apis) break
      services.push(await startService(ports, 'api', countedUrl, index))
      const internal = await by('card relay ↔ api', ports.internal)
      relays.push(await start(planCardRelay(input({ ...ports, internal }, countedUrl))))
    }
    const worker = await startService(allPorts[apis] as Ports, 'worker', workerUrl, apis)
    const adminPorts = allPorts[apis + 1] as Ports
    await startService(adminPorts, 'admin', appUrl, apis + 1)

    const http = createHttpClient({ ca: certificates.ca })
    stopSteps.push(() => http.close())
    const { merchant } = await bootstrapMerchant({
      client: http,
      secrets,
      psp: sandbox,
      addresses: {
        ...addressesOf({ ...first, pspApi: pspPort }),
        admin: addressesOf(adminPorts).admin,
        shop: `http://127.0.0.1:${await by('worker → merchant’s endpoint', first.shop)}`,
      },
      clientFingerprint: certificates.clientFingerprint,
      cardTesting: 'off',
      earlier: [],
      now: new Date(),
    })
    const secure = tls.createSecureContext({
      ca: readFileSync(certificates.ca),
      cert: readFileSync(certificates.clientCert),
      key: readFileSync(certificates.clientKey),
    })
    const dial = (port: number) =>
      tls.connect({ host: '127.0.0.1', port, secureContext: secure, servername: 'localhost' })
    const doors: BenchWorld['doors'] = { token: [], 'raw card': [] }
    for (const ports of allPorts.slice(0, apis)) {
      const { api, relay } = addressesOf({
        ...ports,
        api: await by('merchant ↔ api', ports.api),
        relay: await by('merchant ↔ card relay', ports.relay),
      })
      const relayPort = Number(new URL(relay).port)
      const opened = {
        token: openRawConnections(api, connectionsPerDoor),
        'raw card': openRawConnections(relay, connectionsPerDoor, () => dial(relayPort)),
      }
      doors.token = [...doors.token, opened.token]
      doors['raw card'] = [...doors['raw card'], opened['raw card']]
      stopSteps.push(() => Object.values(opened).forEach((door) => void door.close()))
    }
    const postmaster = Number.parseInt(readFileSync(join(postgresDir, 'cluster', 'postmaster.pid'), 'utf8'), 10)
    const sum = (list: readonly ManagedProcess[]) => list.reduce((total, { pid }) => total + cpuMs(pid), 0)
    return {
      merchant,
      doors,
      database,
      ownerUrl: postgres.ownerUrl,
      cpu: () => ({
        api: sum(services),
        'card relay': sum(relays),
        worker: sum([worker]),
        PostgreSQL: postgresCpuMs(postmaster),
        'PSP stub': sum([psp]),
        load: cpuMs(process.pid),
      }),
      bytes: () => Object.fromEntries([...ways].map(([name, way]) => [name, way.bytes()])),
      receiver,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function choosePorts(sets: number): Promise<Ports[]> {
  const names = Object.keys(portTable) as (keyof Ports)[]
  const free = await findFreePorts(names.length * sets)
  return Array.from(
    { length: sets },
    (_, set) => Object.fromEntries(names.map((name, index) => [name, free[set * names.length + index]])) as Ports,
  )
}

async function startReceiver(port: number): Promise<Receiver> {
  let delayMs = 0
  let inside = 0
  let most = 0
  const answer = (response: ServerResponse) => {
    inside--
    response.writeHead(204).end()
  }
  const server: Server = createServer((request, response) => {
    most = Math.max(most, ++inside)
    request.resume().once('end', () => {
      if (delayMs === 0) answer(response)
      else setTimeout(answer, delayMs, response)
    })
  })
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready))
  return {
    answerAfter(ms) {
      delayMs = ms
    },
    most: () => most,
    resetMost() {
      most = inside
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
