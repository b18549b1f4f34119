import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { databaseLogSettings } from '@fincore/payment-service/store/database-log'
import pg from 'pg'
import { findFreePort, isPortFree } from './free-ports.ts'
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { initialiseCluster, pathForServer, unprivilegedUser, waitForPreviousServer } from './postgres-cluster.ts'
import type { RunPostgresOrder } from './run-postgres.ts'

export type RunningPostgres = {
  /** The URL of the role that owns the database `fincore`; it may make roles and databases, and is no superuser. */
  ownerUrl: string
  port: number
  version: string
  /** Resolves when the server has stopped, whoever stopped it. */
  stopped: Promise<void>
  stop(): Promise<void>
}

export type StartPostgresOptions = {
  /** Holds the cluster, its password (0600) and its log. Made when it is missing. */
  dataDir: string
  /** A port of 127.0.0.1; 0 takes a free one. */
  port: number
  /** The data directory is removed when the server stops, and this process need not wait for it to end itself. */
  throwAway?: boolean
}

const host = '127.0.0.1'
const ownerRole = 'fincore_owner'
const databaseName = 'fincore'
// A start takes 50 ms; recovery after a kill -9 takes longer, and a busy machine longer still.
const startTimeoutMs = 60_000

// What is committed outlives a kill of any process without these; they are for a crash of the machine, after which nobody
// starts a throw-away cluster again.
const throwAwaySettings = {
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  checkpoint_timeout: '1h',
  // Of the roles' passwords, which are random: a test run logs in hundreds of times.
  scram_iterations: '1',
}

/**
 * Starts PostgreSQL on 127.0.0.1 with password authentication, making the cluster on the first start.
 * It stops when `stop` is called and when this process ends in any way.
 * @throws Error of one line when the data directory is in use, the port is taken, or PostgreSQL did not start.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<RunningPostgres> {
  if (options.port !== 0 && !(await isPortFree(options.port))) {
    throw new Error(
      `Port ${options.port}, where PostgreSQL would listen, is taken. Stop what listens there, or set FINCORE_PORT_BASE.`,
    )
  }
  const binaries = findPostgresBinaries()
  mkdirSync(options.dataDir, { recursive: true, mode: 0o711 })
  const dataDir = realpathSync(options.dataDir)
  const cluster = join(dataDir, 'cluster')
  if (!existsSync(cluster)) initialiseCluster(binaries, dataDir, options.throwAway === true)
  const password = readFileSync(join(dataDir, 'password'), 'utf8').trim()
  await waitForPreviousServer(cluster)
  const tries = options.port === 0 ? 3 : 1
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port === 0 ? await findFreePort() : options.port
    const child = spawnServer(binaries, dataDir, port, options.throwAway === true)
    try {
      await prepareServer(child, dataDir, port, password)
      return describeServer(child, port, password, binaries.version)
    } catch (error) {
      await stopServer(child)
      if (attempt >= tries) throw error
    }
  }
}

function describeServer(child: ChildProcess, port: number, password: string, version: string): RunningPostgres {
  const stopped = new Promise<void>((done) => {
    if (child.exitCode !== null || child.signalCode !== null) done()
    else child.once('exit', () => done())
  })
  return {
    ownerUrl: urlOf(ownerRole, password, port, databaseName),
    port,
    version,
    stopped,
    stop: () => stopServer(child),
  }
}

function urlOf(role: string, password: string, port: number, database: string): string {
  return `postgres://${role}:${encodeURIComponent(password)}@${host}:${port}/${database}`
}

function spawnServer(binaries: PostgresBinaries, dataDir: string, port: number, throwAway: boolean): ChildProcess {
  const cluster = join(dataDir, 'cluster')
  const settings: Record<string, string> = {
    listen_addresses: host,
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    log_line_prefix: '%m [%p] ',
    // The log lies beside the data for as long as that does: it holds no values.
    ...Object.fromEntries(Object.entries(databaseLogSettings).map(([name, [value]]) => [name, value])),
    ...(throwAway ? throwAwaySettings : {}),
  }
  const postgres = join(binaries.binDir, 'postgres')
  const args = [
    '-D',
    pathForServer(cluster),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const order: RunPostgresOrder = {
    // The second net, for when the process between is killed as well.
    ...(canTieToParent()
      ? { command: 'setpriv', args: ['--pdeathsig', 'INT', postgres, ...args] }
      : { command: postgres, args }),
    cwd: cluster,
    runAs: unprivilegedUser(),
    removeAfterwards: throwAway ? dataDir : null,
  }
  const log = openSync(join(dataDir, 'postgres.log'), 'a', 0o600)
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./run-postgres.ts', import.meta.url)), JSON.stringify(order)],
    // Its own session, so that Ctrl-C in the terminal reaches the launcher first, which stops everything in order.
    { stdio: ['pipe', log, log], detached: true },
  )
  closeSync(log)
  if (throwAway) {
    child.unref()
    if (child.stdin && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
  }
  return child
}

function canTieToParent(): boolean {
  const help = spawnSync('setpriv', ['--help'], { encoding: 'utf8' })
  return help.status === 0 && help.stdout.includes('--pdeathsig')
}

/** Waits until the server answers, then makes the owner's role and database when they are missing. */
async function prepareServer(child: ChildProcess, dataDir: string, port: number, password: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(explainExit(dataDir, port))
    const client = new pg.Client({ connectionString: urlOf('postgres', password, port, 'postgres') })
    try {
      await client.connect()
      await makeOwner(client, password)
      return
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      // ECONNREFUSED: not listening yet; 57P03: starting up or recovering.
      if (code !== 'ECONNREFUSED' && code !== '57P03' && code !== 'ECONNRESET') throw error
      if (Date.now() > deadline) {
        throw new Error(
          `PostgreSQL did not start within ${startTimeoutMs / 1000} s; see ${join(dataDir, 'postgres.log')}`,
        )
      }
      await sleep(25)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

function explainExit(dataDir: string, port: number): string {
  const logPath = join(dataDir, 'postgres.log')
  const fatal = readFileSync(logPath, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => /FATAL|could not|error/i.test(line))
  const last = fatal
    .slice(-2)
    .map((line) => line.replace(/^.*?(FATAL|LOG|ERROR):\s*/, ''))
    .join('; ')
  return `PostgreSQL on port ${port} stopped while it started: ${last || 'no reason was given'} (${logPath})`
}

async function makeOwner(client: pg.Client, password: string): Promise<void> {
  const role = await client.query('select 1 from pg_roles where rolname = $1', [ownerRole])
  if (role.rowCount === 0) {
    // pg_signal_backend: dropping a test's database must end the sessions of the application's role too.
    await client.query(
      `create role ${ownerRole} login createdb createrole in role pg_signal_backend password ${client.escapeLiteral(password)}`,
    )
  }
  const database = await client.query('select 1 from pg_database where datname = $1', [databaseName])
  if (database.rowCount === 0) await client.query(`create database ${databaseName} owner ${ownerRole}`)
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  const exited = new Promise((done) => child.once('exit', done))
  child.stdin?.end()
  await exited
}
