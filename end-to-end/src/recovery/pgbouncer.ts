import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from '@fincore/dev/free-ports'
import { pathInRepository } from '@fincore/dev/managed-process'
import { unprivilegedUser } from '@fincore/dev/postgres-cluster'
import pg from 'pg'

export type PgBouncer = {
  port: number
  version: string
  /** Whether it knows which statements were prepared on which connection (1.21 and later). */
  knowsPreparedStatements: boolean
  /** Clients and connections to PostgreSQL at this moment, and how many transactions went through so far. */
  count(): Promise<{ clients: number; servers: number; transactions: number }>
  stop(): Promise<void>
}

const settingsFile = pathInRepository('operations/pgbouncer/pgbouncer.ini')
const startsWithinMs = 10_000

/** @returns its version; null where it is not installed. */
export function findPgBouncer(): string | null {
  const { status, stdout } = spawnSync('pgbouncer', ['--version'], { encoding: 'utf8' })
  return status === 0 ? (/PgBouncer (\d+\.\d+)/.exec(stdout)?.[1] ?? null) : null
}

/** Starts PgBouncer with `operations/pgbouncer/pgbouncer.ini` in front of this database. */
export async function startPgBouncer(folder: string, appUrl: string): Promise<PgBouncer> {
  const version = findPgBouncer()
  if (version === null) throw new Error('There is no pgbouncer; on Debian: apt-get install pgbouncer')
  const home = join(folder, 'pgbouncer')
  mkdirSync(home, { mode: 0o755 })
  const port = await findFreePort()
  const { username, password, hostname, port: databasePort, pathname } = new URL(appUrl)
  const users = join(home, 'userlist.txt')
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`, { mode: 0o600 })
  const settings = join(home, 'pgbouncer.ini')
  writeFileSync(settings, adaptSettings({ hostname, databasePort, pathname, port, users }))
  // It does not run as root either.
  const user = unprivilegedUser()
  if (user !== null) for (const path of [home, users, settings]) chownSync(path, user, user)
  chmodSync(home, 0o700)
  const log = openSync(join(folder, 'logs', 'pgbouncer.log'), 'a', 0o600)
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'pgbouncer', settings], {
    cwd: home,
    stdio: ['ignore', log, log],
    ...(user === null ? {} : { uid: user, gid: user }),
  })
  const ended = once(child, 'exit')
  await listens(port)
  return {
    port,
    version,
    knowsPreparedStatements: Number(version.split('.')[1]) >= 21 || Number(version.split('.')[0]) > 1,
    count: () => count(`postgres://${username}:${password}@127.0.0.1:${port}/pgbouncer`),
    async stop() {
      child.kill('SIGINT')
      await Promise.race([ended, sleep(3_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))])
    },
  }
}

/** `operations/pgbouncer/pgbouncer.ini` with the addresses, files and TLS of one machine, and all else as it stands. */
export function adaptSettings(own: {
  hostname: string
  databasePort: string
  pathname: string
  port: number
  users: string
}): string {
  return adapt(readFileSync(settingsFile, 'utf8'), {
    'host=db.example.internal port=5432 dbname=fincore': `host=${own.hostname} port=${own.databasePort} dbname=${own.pathname.slice(1)}`,
    'listen_addr = 0.0.0.0': 'listen_addr = 127.0.0.1',
    'listen_port = 6432': `listen_port = ${own.port}`,
    'auth_file = /etc/pgbouncer/userlist.txt': `auth_file = ${own.users}`,
    'client_tls_sslmode = require': 'client_tls_sslmode = disable',
    'client_tls_cert_file = /etc/pgbouncer/server.crt': '',
    'client_tls_key_file = /etc/pgbouncer/server.key': '',
    'server_tls_sslmode = verify-full': 'server_tls_sslmode = disable',
    'server_tls_ca_file = /etc/pgbouncer/database-ca.pem': '',
  })
}

/** What is not found there has been changed, and the drill would run with other settings than it says. */
function adapt(text: string, changes: Readonly<Record<string, string>>): string {
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`operations/pgbouncer/pgbouncer.ini has no line “${from}” any more`)
    text = text.replace(from, to)
  }
  return text
}

async function listens(port: number): Promise<void> {
  for (const until = performance.now() + startsWithinMs; ; await sleep(50)) {
    const isThere = await new Promise<boolean>((done) => {
      const socket = net.connect({ host: '127.0.0.1', port })
      socket.once('connect', () => done(true)).once('error', () => done(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isThere) return
    if (performance.now() > until) throw new Error('PgBouncer did not start; see its log')
  }
}

async function count(adminUrl: string) {
  const client = new pg.Client({ connectionString: adminUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    const ofFinCore = (rows: Record<string, string>[]) => rows.filter(({ database }) => database === 'fincore')
    const pools = ofFinCore((await client.query('show pools')).rows)
    const stats = ofFinCore((await client.query('show stats')).rows)
    const sum = (rows: Record<string, string>[], ...names: string[]) =>
      rows.reduce((total, row) => total + names.reduce((part, name) => part + Number(row[name] ?? 0), 0), 0)
    return {
      clients: sum(pools, 'cl_active', 'cl_waiting'),
      servers: sum(pools, 'sv_active', 'sv_idle', 'sv_used', 'sv_tested', 'sv_login'),
      transactions: sum(stats, 'total_xact_count'),
    }
  } finally {
    await client.end()
  }
}
