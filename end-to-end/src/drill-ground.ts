import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BootstrapInput, bootstrapMerchant } from '@fincore/dev/bootstrap'
import { type DevelopmentCertificates, ensureDevelopmentCertificates } from '@fincore/dev/certificates'
import { loadOrCreateSecrets, type Merchant, type Secrets } from '@fincore/dev/dev-file'
import { createHttpClient, type HttpClient } from '@fincore/dev/http-client'
import { type Exit, type ManagedProcess, type ProcessPlan, startManagedProcess } from '@fincore/dev/managed-process'
import type { Addresses, PlanInput } from '@fincore/dev/process-plans'
import { sandbox } from '@fincore/dev/psps/sandbox'
import pg from 'pg'
import type { PspAccountsWorld } from './merchants.ts'

/**
 * What every drill stands on that starts FinCore's processes in an arrangement of its own: a folder, secrets and
 * certificates, clients, and one order in which all that was started ends.
 */
export type DrillGround = {
  /** Of this ground alone; removed at the end. */
  dataDir: string
  secrets: Secrets
  certificates: DevelopmentCertificates
  http: HttpClient
  /** With the merchant's client certificate. */
  cardHttp: HttpClient
  /** The sandbox PSP's own file, to be looked into and never written to. */
  pspLedger: string
  /** Has it stopped or closed at the end; what came last goes first. */
  keep<Part extends { stop(): unknown } | { close(): unknown }>(part: Part): Part
  /** What processes are planned with. Of the database it is told nothing unless `more` does. */
  planWith(ports: PlanInput['ports'], more?: Partial<PlanInput>): PlanInput
  /** A process's plan under another name, with a log of its own. */
  rename(plan: ProcessPlan, name: string): ProcessPlan
  start(plan: ProcessPlan): Promise<ManagedProcess>
  /** When and how processes ended although nobody ended them. */
  ownExits: string[]
  noteOwnExit(name: string, exit: Exit): void
  /** The owner's, past everything. */
  openPool(ownerUrl: string, limits?: pg.PoolConfig): pg.Pool
  /** With an account at the sandbox PSP, a raw-card grant, a webhook endpoint, and no defence against card testing. */
  setUpMerchant(addresses: BootstrapInput['addresses']): Promise<Merchant>
  /** What it takes to act as the operators there. */
  operatorsAt(addresses: Addresses): PspAccountsWorld
  /** Copies what the processes have logged so far to a folder that stays. @returns the folder. */
  keepLogs(): string
  /** Ends everything. Whoever asks second waits for the same end. */
  stop(): Promise<void>
}

/**
 * Makes a ground and what `build` puts on it. When that fails, nothing runs on.
 * @param name of the folder, as `fincore-NAME-…`.
 */
export async function buildOnGround<Built extends object>(
  name: string,
  build: (ground: DrillGround) => Promise<Built>,
): Promise<DrillGround & Built> {
  const ground = await makeGround(name)
  try {
    return { ...ground, ...(await build(ground)) }
  } catch (error) {
    await ground.stop()
    throw error
  }
}

async function makeGround(name: string): Promise<DrillGround> {
  const begunAt = performance.now()
  const dataDir = mkdtempSync(join(tmpdir(), `fincore-${name}-`))
  // A PostgreSQL in it may run as another user.
  chmodSync(dataDir, 0o711)
  const logs = join(dataDir, 'logs')
  mkdirSync(logs)
  const secrets = loadOrCreateSecrets(dataDir)
  const certificates = await ensureDevelopmentCertificates(join(dataDir, 'certificates'))
  const { ca, clientCert: cert, clientKey: key, clientFingerprint } = certificates
  const [http, cardHttp] = [createHttpClient({ ca }), createHttpClient({ ca, cert, key })]
  const ends: (() => unknown)[] = [
    () => rmSync(dataDir, { recursive: true, force: true }),
    () => Promise.all([http.close(), cardHttp.close()]),
  ]
  // What a drill has broken may not end well, and must not keep the rest.
  const doEnd = (end: () => unknown) => new Promise((done) => done(end())).catch(() => {})
  const endAll = async () => {
    for (const end of ends.splice(0).reverse()) await doEnd(end)
  }
  let stopping: Promise<void> | null = null
  const keep: DrillGround['keep'] = (part) => {
    const end = () => ('stop' in part ? part.stop() : part.close())
    // It was still starting, side by side with something that failed.
    if (stopping !== null) void doEnd(end)
    else ends.push(end)
    return part
  }
  const ownExits: string[] = []
  const noteOwnExit = (who: string, { code, signal }: Exit) => {
    const seconds = ((performance.now() - begunAt) / 1_000).toFixed(1)
    ownExits.push(`${seconds} s  ${who}, ${signal ?? `exit code ${code}`}`)
  }
  return {
    dataDir,
    secrets,
    certificates,
    http,
    cardHttp,
    pspLedger: join(dataDir, 'psp-sandbox', 'psp-sandbox.sqlite'),
    keep,
    planWith: (ports, more = {}) => ({
      dataDir,
      ports,
      certificates,
      secrets,
      ownerUrl: '',
      appUrl: '',
      overrides: {},
      ...more,
    }),
    rename: (plan, as) => ({ ...plan, name: as, logFile: join(logs, `${as.replaceAll(/\W+/g, '-')}.log`) }),
    start: async (plan) => keep(await startManagedProcess(plan, noteOwnExit)),
    ownExits,
    noteOwnExit,
    openPool(connectionString, limits = { max: 3 }) {
      const pool = new pg.Pool({ connectionString, ...limits })
      // The server may end before a connection of it has said goodbye.
      pool.on('error', () => {})
      keep({ close: () => pool.end() })
      return pool
    },
    async setUpMerchant(addresses) {
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
      return merchant
    },
    operatorsAt: ({ admin, psp, psp_api }) => ({
      http,
      fincore: {
        dev: {
          admin,
          psp,
          psp_api,
          psp_admin_token: secrets.psp_admin_token,
          operators: secrets.operators,
          raw_card_grant: { certificate_fingerprint: clientFingerprint },
        },
      },
    }),
    keepLogs() {
      const kept = mkdtempSync(join(tmpdir(), `fincore-${name}-logs-`))
      cpSync(logs, kept, { recursive: true })
      return kept
    },
    stop() {
      stopping ??= endAll()
      return stopping
    },
  }
}
