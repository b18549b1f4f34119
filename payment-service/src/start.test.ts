import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import { testPrograms } from '@fincore/dev/test-programs'
import pg from 'pg'
import { newId } from './ids.ts'
import { createVault } from './secrets.ts'

/** Without the time in which it was ready to run, and a machine on which everything is tested at once let others run. */
const mostMs = 10_000
const giveUpAfterMs = 90_000
const secret = {
  encryptionKey: Buffer.alloc(32, 7).toString('base64'),
  internalToken: 'internal-token-that-nobody-may-read',
  password: 'password-that-nobody-may-read',
}

/** Databases in several states, and what listens where the service wants to. */
type World = {
  good: TestDatabase
  behind: TestDatabase
  ahead: TestDatabase
  otherKey: TestDatabase
  unknownPsp: TestDatabase
  /** Accepts connections and says nothing. */
  silent: Server
  folder: string
}
let world: World
before(async () => {
  const [good, behind, ahead, otherKey, unknownPsp] = await Promise.all(
    Array.from({ length: 5 }, () => createTestDatabase()),
  )
  if (!good || !behind || !ahead || !otherKey || !unknownPsp) throw new Error('A database was not made')
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  await change(behind, `delete from schema_migrations where name like '011%'`)
  await change(
    ahead,
    `insert into schema_migrations (name) values ('998_of_tomorrow.sql'), ('999_of_tomorrow.contract.sql')`,
  )
  await addAccount(otherKey, 'sandbox', Buffer.alloc(32, 8))
  await addAccount(unknownPsp, 'paypoint', Buffer.alloc(32, 7))
  const folder = mkdtempSync(join(tmpdir(), 'fincore-start-'))
  writeFileSync(join(folder, 'not.pem'), 'no certificate')
  world = { good, behind, ahead, otherKey, unknownPsp, silent, folder }
})
after(async () => {
  const { good, behind, ahead, otherKey, unknownPsp, silent, folder } = world
  silent.close()
  rmSync(folder, { recursive: true })
  await Promise.all([good, behind, ahead, otherKey, unknownPsp].map((database) => database.drop()))
})

async function change({ ownerUrl }: TestDatabase, sql: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  await client.query(sql, values).finally(() => client.end())
}

async function addAccount(database: TestDatabase, psp: string, key: Buffer): Promise<void> {
  const [merchant, id] = [newId('merchant'), newId('pspAccount')]
  await change(database, 'insert into merchants (merchant_id, name) values ($1, $1)', [merchant])
  await change(
    database,
    `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, $3, 'Account', '{}', $4)`,
    [merchant, id, psp, createVault(key).seal('{}', id)],
  )
}

const portOf = (server: Server) => String((server.address() as AddressInfo).port)
/** The URL of the good database with something else in it. */
const urlWith = (change: (url: URL) => void): string => {
  const url = new URL(world.good.appUrl)
  change(url)
  return url.href
}

type Case = { what: string; env: () => Record<string, string>; args?: string[]; says: RegExp }

const cases: Case[] = [
  {
    what: 'several settings are missing or wrong',
    env: () => ({ ENCRYPTION_KEY: '', INTERNAL_TOKEN: 'short', PUBLIC_URL: 'nowhere', DATABASE_CONNECTIONS: '0' }),
    says: /ENCRYPTION_KEY is missing; INTERNAL_TOKEN must have at least 32 characters; PUBLIC_URL must be an address .*; DATABASE_CONNECTIONS must be .*\. Set these/,
  },
  {
    what: 'the encryption key has another length',
    env: () => ({ ENCRYPTION_KEY: Buffer.alloc(31, 7).toString('base64') }),
    says: /ENCRYPTION_KEY must be 32 bytes in base64, as of `openssl rand -base64 32`/,
  },
  {
    what: 'the encryption key is no base64',
    env: () => ({ ENCRYPTION_KEY: `${'k'.repeat(42)}! ` }),
    says: /ENCRYPTION_KEY must be 32 bytes/,
  },
  {
    what: 'the file of authorities is not there',
    env: () => ({ EXTRA_CA_FILE: join(world.folder, 'nothing.pem') }),
    says: /EXTRA_CA_FILE must be a PEM file .*: there is no such file/,
  },
  {
    what: 'the file of authorities holds none',
    env: () => ({ EXTRA_CA_FILE: join(world.folder, 'not.pem') }),
    says: /EXTRA_CA_FILE must be a PEM file/,
  },
  {
    what: 'two doors have one port',
    env: () => ({ API_PORT: '4500', ADMIN_PORT: '4500' }),
    says: /API_PORT and ADMIN_PORT must be different/,
  },
  {
    what: 'production is told to be insecure',
    env: () => ({ ENVIRONMENT: 'production', ALLOW_LOOPBACK_WEBHOOKS: 'true', RELAY_URL: 'http://127.0.0.1:4001' }),
    says: /PUBLIC_URL must be https in production; RELAY_URL must be https in production; ALLOW_LOOPBACK_WEBHOOKS must be false/,
  },
  {
    what: '--roles has no value',
    env: () => ({}),
    args: ['--roles'],
    says: /ROLES \(or --roles\) must be a list of api, worker, admin/,
  },
  {
    what: 'DATABASE_URL is of something else',
    env: () => ({ DATABASE_URL: `mysql://app:${secret.password}@127.0.0.1/fincore` }),
    says: /DATABASE_URL must be written as postgres:/,
  },
  {
    what: 'nothing listens at DATABASE_URL',
    env: () => ({ DATABASE_URL: `postgres://app:${secret.password}@127.0.0.1:9/fincore` }),
    says: /DATABASE_URL cannot be used: nothing listens there/,
  },
  {
    what: 'the server at DATABASE_URL says nothing',
    env: () => ({ DATABASE_URL: `postgres://app:${secret.password}@127.0.0.1:${portOf(world.silent)}/fincore` }),
    args: ['--roles', 'worker'],
    says: /DATABASE_URL cannot be used: the server does not answer/,
  },
  {
    what: 'the password is wrong',
    env: () => ({
      DATABASE_URL: urlWith((url) => {
        url.password = secret.password
      }),
    }),
    says: /DATABASE_URL cannot be used: user or password is wrong; mend them/,
  },
  {
    what: 'there is no such database',
    env: () => ({
      DATABASE_URL: urlWith((url) => {
        url.pathname = '/fincore_nowhere'
      }),
    }),
    says: /DATABASE_URL cannot be used: there is no such database/,
  },
  {
    what: 'the database is none of FinCore’s',
    env: () => ({
      DATABASE_URL: urlWith((url) => {
        url.pathname = '/postgres'
      }),
    }),
    args: ['--roles', 'admin'],
    says: /the database of DATABASE_URL is none of FinCore’s.* MIGRATIONS_DATABASE_URL/,
  },
  {
    what: 'a migration has not run, and nobody runs it',
    env: () => ({ DATABASE_URL: world.behind.appUrl }),
    args: ['--roles', 'worker'],
    says: /schema is older than this code: migrations have not run \(011_\w+\.sql\)\. Run `fincore migrate` with MIGRATIONS_DATABASE_URL/,
  },
  {
    what: 'another database was migrated',
    env: () => ({ DATABASE_URL: world.behind.appUrl, MIGRATIONS_DATABASE_URL: world.good.ownerUrl }),
    says: /older than this code.* DATABASE_URL and MIGRATIONS_DATABASE_URL name different databases/,
  },
  {
    what: 'a newer version has taken something away',
    env: () => ({ DATABASE_URL: world.ahead.appUrl }),
    args: ['--roles', 'api'],
    says: /schema is newer than this code, which does not know its migration 999_of_tomorrow\.contract\.sql, and that took away what this code may use\. Start the version/,
  },
  {
    what: 'a newer version has taken something away from what it shall migrate',
    env: () => ({ DATABASE_URL: world.ahead.appUrl, MIGRATIONS_DATABASE_URL: world.ahead.ownerUrl }),
    says: /schema is newer than this code/,
  },
  {
    what: 'nobody can log in to migrate',
    env: () => ({ MIGRATIONS_DATABASE_URL: `postgres://owner:${secret.password}@127.0.0.1:9/fincore` }),
    says: /MIGRATIONS_DATABASE_URL cannot be used: nothing listens there/,
  },
  {
    what: 'the encryption key is not that of the database',
    env: () => ({ DATABASE_URL: world.otherKey.appUrl }),
    args: ['--roles', 'worker'],
    says: /ENCRYPTION_KEY does not open what the database holds \(pspa_[0-9a-z]{26}\).* Give the key/,
  },
  {
    what: 'an account is at a PSP that there is not',
    env: () => ({ DATABASE_URL: world.unknownPsp.appUrl }),
    args: ['--roles', 'admin'],
    says: /at a PSP that this code does not have: “paypoint”; it has sandbox, stripe, adyen\. Start a version/,
  },
  {
    what: 'the API’s port is taken',
    env: () => ({ API_PORT: portOf(world.silent) }),
    args: ['--roles', 'api,worker'],
    says: /API_PORT cannot be used, 127\.0\.0\.1 port \d+: something listens there already/,
  },
  {
    what: 'the admin API’s port is taken',
    env: () => ({ ADMIN_PORT: portOf(world.silent) }),
    args: ['--roles', 'worker,admin'],
    says: /ADMIN_PORT cannot be used, 127\.0\.0\.1 port \d+: something listens there already/,
  },
  {
    what: 'the host is not this machine’s',
    env: () => ({ HOST: '192.0.2.1' }),
    args: ['--roles', 'admin'],
    says: /ADMIN_PORT cannot be used, 192\.0\.2\.1 port 0: this machine has no such address; mend HOST/,
  },
]

/** Exit code, everything that it said, and how long it took. */
async function start({
  env,
  args = [],
}: Case): Promise<{ code: number | null; out: string; errors: string; ms: number }> {
  const begunAt = performance.now()
  const { NODE_COMPILE_CACHE } = process.env
  const child = spawn(process.execPath, [testPrograms.paymentService, ...args], {
    env: {
      DATABASE_URL: world.good.appUrl,
      ENCRYPTION_KEY: secret.encryptionKey,
      INTERNAL_TOKEN: secret.internalToken,
      PUBLIC_URL: 'http://127.0.0.1:4000',
      RELAY_URL: 'https://127.0.0.1:4001',
      API_PORT: '0',
      ADMIN_PORT: '0',
      INTERNAL_PORT: '0',
      MANAGEMENT_PORT: '0',
      LOG_LEVEL: 'silent',
      ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
      ...env(),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Record<'out' | 'errors', Buffer[]> = { out: [], errors: [] }
  child.stdout.on('data', (chunk) => chunks.out.push(chunk))
  child.stderr.on('data', (chunk) => chunks.errors.push(chunk))
  const giveUp = setTimeout(() => child.kill('SIGKILL'), giveUpAfterMs)
  let queuedMs = 0
  const watch = setInterval(() => {
    queuedMs = readQueuedMs(child.pid) ?? queuedMs
  }, 50)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(giveUp)
  clearInterval(watch)
  const [out, errors] = [Buffer.concat(chunks.out).toString(), Buffer.concat(chunks.errors).toString()]
  return { code, out, errors, ms: performance.now() - begunAt - queuedMs }
}

/** How long a process's main thread has waited for a processor (Linux); null when it is gone or nobody counts. */
function readQueuedMs(pid: number | undefined): number | null {
  try {
    const [, nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(nanoseconds) / 1e6
  } catch {
    return null
  }
}

describe('a start that cannot succeed ends within ten seconds, with one line that says why', { concurrency: 4 }, () => {
  for (const one of cases) {
    it(`when ${one.what}`, { timeout: giveUpAfterMs + 10_000 }, async () => {
      const { code, out, errors, ms } = await start(one)
      assert.equal(code, 1, errors)
      assert.equal(out, '')
      assert.match(errors, /^payment-service cannot start: [^\n]+\.\n$/)
      assert.match(errors, one.says)
      assert.ok(ms < mostMs, `${ms} ms`)
      const password = new URL(world.good.appUrl).password
      for (const hidden of [...Object.values(secret), ...(password === '' ? [] : [password])])
        assert.ok(!errors.includes(hidden), 'it quotes a secret')
    })
  }
})
