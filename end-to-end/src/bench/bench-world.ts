import { readFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import tls from 'node:tls'
import { chooseFreePortSets, type Ports } from '@fincore/dev/addresses'
import { prepareDatabase } from '@fincore/dev/database'
import type { Merchant } from '@fincore/dev/dev-file'
import { startPostgres } from '@fincore/dev/embedded-postgres'
import type { ManagedProcess } from '@fincore/dev/managed-process'
import { addressesOf, planCardRelay, planPaymentService } from '@fincore/dev/process-plans'
import type pg from 'pg'
import { buildOnGround, type DrillGround } from '../drill-ground.ts'
import { openRawConnections, type RawConnections } from '../overload/raw-connections.ts'
import { startTcpWay, type TcpWay, throughPort } from '../tcp-way.ts'
import { cpuMs, postgresCpuMs } from './cpu-time.ts'

/** Who spends processor time. */
export const parts = ['api', 'card relay', 'worker', 'PostgreSQL', 'PSP stub', 'load'] as const
export type Part = (typeof parts)[number]

/** N APIs, as many card relays, a worker, an operators' API, a durable PostgreSQL and a PSP that is quick. */
export type BenchWorld = DrillGround & {
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
export function startBenchWorld(apis: number, countsBytes = false): Promise<BenchWorld> {
  return buildOnGround('bench', async (ground) => {
    const postgresDir = join(ground.dataDir, 'postgres')
    const postgres = ground.keep(await startPostgres({ dataDir: postgresDir, port: 0 }))
    const appUrl = await prepareDatabase(postgres.ownerUrl)
    const database = ground.openPool(postgres.ownerUrl)

    const ways = new Map<string, TcpWay>()
    const by = async (name: string, port: number): Promise<number> => {
      if (!countsBytes) return port
      const way = ground.keep(await startTcpWay(port))
      ways.set(name, way)
      return way.port
    }
    const allPorts = await chooseFreePortSets(apis + 2)
    const [first, workerPorts, adminPorts] = [allPorts[0], allPorts[apis], allPorts[apis + 1]] as [Ports, Ports, Ports]
    const receiver = ground.keep(await startReceiver(first.shop))
    const psp = await ground.start({
      name: 'psp-stub',
      main: new URL('./psp-stub.ts', import.meta.url).pathname,
      env: {
        BENCH_PSP_PORT: String(first.pspApi),
        BENCH_CERT: ground.certificates.serverCert,
        BENCH_KEY: ground.certificates.serverKey,
      },
      logFile: join(ground.dataDir, 'logs', 'psp-stub.log'),
    })
    const pspApi = await by('payment service or card relay ↔ PSP', first.pspApi)
    const countedUrl = throughPort(appUrl, await by('api ↔ PostgreSQL', postgres.port))
    const workerUrl = throughPort(appUrl, await by('worker ↔ PostgreSQL', postgres.port))
    const startService = (ports: Ports, roles: string, url: string, index: number) => {
      const settings = { LOG_LEVEL: 'warn', ROLES: roles, MANAGEMENT_PORT: '0' }
      const input = ground.planWith({ ...ports, pspApi }, { appUrl: url, overrides: { 'payment-service': settings } })
      return ground.start(ground.rename(planPaymentService(input), `payment-service ${index}`))
    }
    const services: ManagedProcess[] = []
    const relays: ManagedProcess[] = []
    for (const [index, ports] of allPorts.slice(0, apis).entries()) {
      services.push(await startService(ports, 'api', countedUrl, index))
      const internal = await by('card relay ↔ api', ports.internal)
      relays.push(await ground.start(planCardRelay(ground.planWith({ ...ports, pspApi, internal }))))
    }
    const worker = await startService(workerPorts, 'worker', workerUrl, apis)
    await startService(adminPorts, 'admin', appUrl, apis + 1)

    const merchant = await ground.setUpMerchant({
      ...addressesOf({ ...first, pspApi }),
      admin: addressesOf(adminPorts).admin,
      shop: `http://127.0.0.1:${await by('worker → merchant’s endpoint', first.shop)}`,
    })
    const secure = tls.createSecureContext({
      ca: readFileSync(ground.certificates.ca),
      cert: readFileSync(ground.certificates.clientCert),
      key: readFileSync(ground.certificates.clientKey),
    })
    const dial = (port: number) =>
      tls.connect({ host: '127.0.0.1', port, secureContext: secure, servername: 'localhost' })
    const doors: Record<keyof BenchWorld['doors'], RawConnections[]> = { token: [], 'raw card': [] }
    for (const ports of allPorts.slice(0, apis)) {
      const api = await by('merchant ↔ api', ports.api)
      const relay = await by('merchant ↔ card relay', ports.relay)
      const addresses = addressesOf({ ...ports, api, relay })
      doors.token.push(ground.keep(openRawConnections(addresses.api, connectionsPerDoor)))
      doors['raw card'].push(ground.keep(openRawConnections(addresses.relay, connectionsPerDoor, () => dial(relay))))
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
    }
  })
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
