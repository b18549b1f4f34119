import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { chooseFreePorts, findTakenPort, type PortName, type Ports, portsFrom, portTable } from './addresses.ts'
import { bootstrapMerchant } from './bootstrap.ts'
import { ensureDevelopmentCertificates } from './certificates.ts'
import { lockDataDir } from './data-dir.ts'
import { explainDatabaseUrl, prepareDatabase } from './database.ts'
import { writeDevEnvironment } from './dev-environment.ts'
import {
  type DevFile,
  type KnownMerchant,
  keepMerchant,
  loadOrCreateSecrets,
  readKnownMerchants,
  readPspName,
  writeDevFile,
} from './dev-file.ts'
import { startPostgres } from './embedded-postgres.ts'
import { findFreePorts } from './free-ports.ts'
import { createHttpClient } from './http-client.ts'
import { type Exit, type ManagedProcess, type ProcessPlan, startManagedProcess } from './managed-process.ts'
import {
  addressesOf,
  type EnvOverrides,
  type PlanInput,
  type ProcessName,
  planCardRelay,
  planDemoShop,
  planPaymentService,
  planPsp,
} from './process-plans.ts'
import type { DevPsp } from './psps/dev-psp.ts'
import { findDevPsp } from './psps/dev-psps.ts'

export type StartFinCoreOptions = {
  dataDir: string
  /** FINCORE_PORT_BASE, or free ports for tests and the demo. */
  ports: { base: number } | 'free'
  /** Default: that of the last start on this data directory, and the sandbox on a new one. */
  psp?: DevPsp
  /** The owner's URL of a database on a running server; without it the embedded PostgreSQL starts. */
  databaseUrl?: string
  env?: EnvOverrides
  /** For who starts processes in another way than from the source, such as from an image. */
  changePlan?(name: ProcessName, plan: ProcessPlan): ProcessPlan
  /** For tests, which have cards declined one after the other, all from loopback. */
  cardTesting?: 'off'
  onProgress?(step: string): void
  /** Told of a process's log line that says that something went wrong. */
  onTrouble?(name: string, line: string): void
  /** Told when a process ends that nobody ended. Default: nothing happens, and the rest runs on. */
  onUnexpectedExit?(name: string, exit: Exit, logFile: string): void
}

export type SecondPaymentService = { api: string; admin: string; internal: string; process: ManagedProcess }

export type FinCore = {
  /** What `.fincore/dev.json` holds. */
  dev: DevFile
  ports: Ports
  psp: DevPsp
  processes: Record<ProcessName, ManagedProcess>
  /** Another payment service on the same database, on ports of its own. PUBLIC_URL stays that of the first. */
  startPaymentService(env?: Record<string, string>): Promise<SecondPaymentService>
  /** Stops everything in order: shop, relay, payment services, the PSP, PostgreSQL. */
  stop(): Promise<void>
}

// A launcher that was killed leaves its processes a moment to notice.
const portWaitMs = 3_000

/**
 * Starts the whole of FinCore on this machine, each part a process of its own, with one merchant ready.
 * @throws Error of one line when the data directory or a port is taken, or a part does not start; then nothing runs on.
 */
export async function startFinCore(options: StartFinCoreOptions): Promise<FinCore> {
  const progress = options.onProgress ?? (() => undefined)
  const lock = lockDataDir(options.dataDir)
  const stopSteps: (() => Promise<unknown>)[] = [async () => lock.release()]
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= stopInOrder(stopSteps)
    return stopping
  }
  const processes: Partial<Record<ProcessName, ManagedProcess>> = {}
  const start = async (plan: ProcessPlan): Promise<ManagedProcess> => {
    const started = await startManagedProcess(
      { ...plan, onTrouble: (line) => options.onTrouble?.(plan.name, line) },
      (name, exit) => {
        if (!stopping) options.onUnexpectedExit?.(name, exit, plan.logFile)
      },
    )
    stopSteps.push(() => started.stop())
    return started
  }
  try {
    const dataDir = lock.path
    const psp = options.psp ?? findDevPsp(readPspName(dataDir) ?? 'sandbox')
    const ports = options.ports === 'free' ? await chooseFreePorts() : portsFrom(options.ports.base)
    await refuseTakenPorts(ports, options.databaseUrl !== undefined)
    mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 })
    const secrets = loadOrCreateSecrets(dataDir)
    const certificates = await ensureDevelopmentCertificates(join(dataDir, 'certificates'))
    progress(`Data directory ${dataDir}, certificates`)

    const ownerUrl =
      options.databaseUrl ?? (await startEmbedded(dataDir, ports, stopSteps, options, () => stopping !== undefined))
    const appUrl = await prepareDatabase(ownerUrl).catch((error: unknown) => {
      throw options.databaseUrl === undefined ? error : explainDatabaseUrl(error)
    })
    progress(`PostgreSQL at ${describeDatabase(ownerUrl)}, migrated`)

    const input: PlanInput = { dataDir, ports, certificates, secrets, ownerUrl, appUrl, overrides: options.env ?? {} }
    const addresses = addressesOf(ports)
    const startAndSay = async (name: ProcessName, plan: ProcessPlan, where: string) => {
      processes[name] = await start(options.changePlan?.(name, plan) ?? plan)
      progress(`${plan.name} at ${where}`)
    }
    await allOrWait([
      startAndSay('psp', planPsp(input, psp), `${addresses.psp} (pages) and ${addresses.psp_api} (API)`),
      startAndSay('payment-service', planPaymentService(input), `${addresses.api}, admin API at ${addresses.admin}`),
      startAndSay('card-relay', planCardRelay(input), addresses.relay),
    ])

    const client = createHttpClient({ ca: certificates.ca })
    const earlier = readKnownMerchants(dataDir)
    const { merchant, created } = await bootstrapMerchant({
      client,
      secrets,
      psp,
      addresses,
      clientFingerprint: certificates.clientFingerprint,
      earlier,
      ...(options.cardTesting === undefined ? {} : { cardTesting: options.cardTesting }),
      now: new Date(),
    }).finally(() => client.close())
    keepMerchant(dataDir, { ...addresses, ...merchant })
    const happened = created ? `set up${whyAnew(earlier, addresses.api, psp)}` : 'found again'
    progress(`Merchant ${merchant.merchant} ${happened}: keys, account at ${psp.title}, raw-card grant`)

    await startAndSay('demo-shop', planDemoShop(input, merchant), addresses.shop)

    const { internal: _internal, ...publicAddresses } = addresses
    const dev: DevFile = {
      ...publicAddresses,
      ...merchant,
      ca: certificates.ca,
      client_cert: certificates.clientCert,
      client_key: certificates.clientKey,
      operators: secrets.operators,
      database_url: ownerUrl,
      app_database_url: appUrl,
      encryption_key: secrets.encryption_key,
      internal_token: secrets.internal_token,
      psp_admin_token: secrets.psp_admin_token,
    }
    writeDevFile(dataDir, dev)
    writeDevEnvironment(dataDir, dev)
    return {
      dev,
      ports,
      psp,
      processes: processes as Record<ProcessName, ManagedProcess>,
      startPaymentService: async (env = {}) => {
        const [api = 0, admin = 0, internal = 0] = await findFreePorts(3)
        const plan = planPaymentService(input)
        const number = stopSteps.length
        const started = await start({
          ...plan,
          name: `payment-service-${number}`,
          logFile: join(dataDir, 'logs', `payment-service-${number}.log`),
          env: {
            ...plan.env,
            API_PORT: `${api}`,
            ADMIN_PORT: `${admin}`,
            INTERNAL_PORT: `${internal}`,
            MANAGEMENT_PORT: '0',
            ...env,
          },
        })
        const at = (port: number) => `http://127.0.0.1:${port}`
        return { api: at(api), admin: at(admin), internal: at(internal), process: started }
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** All side by side; when one fails, the others are waited for too, so that whatever has started can be stopped. */
async function allOrWait(work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function startEmbedded(
  dataDir: string,
  ports: Ports,
  stopSteps: (() => Promise<unknown>)[],
  options: StartFinCoreOptions,
  isStopping: () => boolean,
): Promise<string> {
  const postgresDir = join(dataDir, 'postgres')
  const server = await startPostgres({ dataDir: postgresDir, port: ports.postgres })
  stopSteps.push(() => server.stop())
  void server.stopped.then(() => {
    if (!isStopping())
      options.onUnexpectedExit?.('PostgreSQL', { code: 1, signal: null }, join(postgresDir, 'postgres.log'))
  })
  return server.ownerUrl
}

/** In the reverse order of their start; one that fails to stop does not keep the others running. */
async function stopInOrder(steps: (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps.toReversed()) await step().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be stopped')
}

async function refuseTakenPorts(ports: Ports, databaseIsGiven: boolean): Promise<void> {
  const needed = (Object.keys(portTable) as PortName[]).filter((name) => !(databaseIsGiven && name === 'postgres'))
  for (const deadline = Date.now() + portWaitMs; ; await sleep(100)) {
    const taken = await findTakenPort(ports, needed)
    if (taken === undefined) return
    if (Date.now() > deadline) {
      throw new Error(
        `Port ${ports[taken]} (${portTable[taken].serves}) is taken. ` +
          'Stop what listens there, or choose other ports, for example: FINCORE_PORT_BASE=6000 npm start',
      )
    }
  }
}

function whyAnew(earlier: readonly KnownMerchant[], api: string, psp: DevPsp): string {
  if (earlier.length === 0) return ''
  if (!earlier.some((one) => one.psp_name === psp.name))
    return ` (new, because the earlier one has no account at ${psp.title})`
  return earlier.some((one) => one.api === api)
    ? ' (new, because the earlier one’s keys do not work here)'
    : ' (new, because the addresses changed)'
}

function describeDatabase(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}
