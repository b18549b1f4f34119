import assert from 'node:assert/strict'
import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import { withClient } from '@fincore/dev/database'
import { startPostgres } from '@fincore/dev/embedded-postgres'
import pg from 'pg'
import { loadConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { recordsNothing } from '../observability/metrics.ts'
import { watchSecretFiles } from '../secret-files.ts'
import { checkDatabase } from '../start-checks.ts'
import { connectionOf, connectionOfLogin, listeningConnectionOf } from './connection.ts'
import { inTransaction, openPool } from './pool.ts'

/** A server of its own, because TLS and a login's password are the server's. */
let server: Awaited<ReturnType<typeof startPostgres>>
let superuser: pg.Client
let ca: string
const folder = mkdtempSync(join(tmpdir(), 'fincore-connection-'))
const role = 'payments app'
before(async () => {
  const dataDir = join(folder, 'postgres')
  server = await startPostgres({ dataDir, port: 0, throwAway: true })
  const url = new URL(server.ownerUrl)
  url.username = 'postgres'
  superuser = new pg.Client({ connectionString: url.href })
  await superuser.connect()
  const authority = await createCertificateAuthority()
  ca = authority.certificate
  const { certificate, key } = await issueCertificate(authority, { kind: 'server', commonName: 'localhost' })
  const cluster = join(dataDir, 'cluster')
  const { uid, gid } = statSync(cluster)
  for (const [name, text] of Object.entries({ 'server.crt': certificate, 'server.key': key })) {
    writeFileSync(join(cluster, name), text, { mode: 0o600 })
    chownSync(join(cluster, name), uid, gid)
  }
  await setTls('on')
  await superuser.query(`create role "${role}" login`)
})
after(async () => {
  await superuser.end()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The server reads its settings in its own time, and a new connection has what it has read. */
async function setTls(state: 'on' | 'off'): Promise<void> {
  await superuser.query(`alter system set ssl = ${state}`)
  await superuser.query('select pg_reload_conf()')
  const read = () => withClient(server.ownerUrl, (client) => client.query<{ ssl: string }>('show ssl'))
  await until(async () => (await read()).rows[0]?.ssl === state)
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 10_000; !(await isSo()); await sleep(10))
    if (Date.now() > deadline) throw new Error('It did not come within 10 s')
}

const setPassword = (password: string) =>
  superuser.query(`alter role "${role}" password ${superuser.escapeLiteral(password)}`)
const urlWith = (password: string, host = '127.0.0.1') =>
  `postgres://${encodeURIComponent(role)}${password === '' ? '' : `:${encodeURIComponent(password)}`}@${host}:${server.port}/fincore`
const configOf = (env: Record<string, string>) =>
  loadConfig({
    ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    INTERNAL_TOKEN: 'i'.repeat(32),
    PUBLIC_URL: 'http://127.0.0.1:4000',
    RELAY_URL: 'https://127.0.0.1:4001',
    ...env,
  })
/** Whom a new connection is of, and whether it is over TLS. */
async function askWho(connection: ReturnType<typeof connectionOf>): Promise<{ who: string; tls: boolean }> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query(
      'select current_user::text as who, ssl as tls from pg_stat_ssl where pid = pg_backend_pid()',
    )
    return rows[0]
  } finally {
    await client.end().catch(() => {})
  }
}

test('with DATABASE_CA the certificate’s chain and name are verified, for the service and for migrations', async () => {
  await setPassword('p@ss:word/')
  const config = configOf({ DATABASE_URL: urlWith('p@ss:word/'), DATABASE_CA: ca })
  const overTls = { who: role, tls: true }
  assert.deepEqual(await askWho(connectionOf(config)), overTls)
  assert.deepEqual(
    await askWho(listeningConnectionOf({ ...config, listenDatabaseUrl: urlWith('p@ss:word/', 'localhost') })),
    overTls,
  )
  assert.deepEqual(await askWho(connectionOfLogin(config, urlWith('p@ss:word/'))), overTls)
  const others = (await createCertificateAuthority('Another')).certificate
  await assert.rejects(
    checkDatabase({ ...config, databaseCa: others }),
    /DATABASE_URL cannot be used: its certificate is not of the authorities in DATABASE_CA/,
  )
  await assert.rejects(
    checkDatabase({ ...config, databaseUrl: urlWith('p@ss:word/', '127.1') }),
    /its certificate is of another host; mend the host/,
  )
  // An address cannot take it back.
  const withoutTls = `${urlWith('p@ss:word/')}?sslmode=disable`
  assert.throws(() => connectionOfLogin(config, withoutTls), /nothing after a question mark with DATABASE_CA/)
  assert.throws(() => configOf({ DATABASE_URL: withoutTls, DATABASE_CA: ca }), /nothing after a question mark/)
  assert.throws(
    () => configOf({ DATABASE_URL: 'postgres:///fincore', DATABASE_CA: ca }),
    /must name a host with DATABASE_CA/,
  )
  // A server that is asked for TLS and has none gets no password.
  await setTls('off')
  await assert.rejects(checkDatabase(config), /the server speaks no TLS/)
  await setTls('on')
})

test('a password that is rotated in its file is that of the next connections, and those that there are go on', async (t) => {
  await setPassword('first')
  const file = join(folder, 'password')
  writeFileSync(file, 'first\n')
  const config = configOf({ DATABASE_URL: urlWith(''), DATABASE_PASSWORD_FILE: file })
  const files = watchSecretFiles(config, { log: createLog('silent'), metrics: recordsNothing }, async () => {}, 20)
  t.after(() => files.stop())
  const pool = openPool(connectionOf(config), 2)
  t.after(() => pool.end())
  const kept = await pool.connect()
  await setPassword('second')
  await assert.rejects(askWho(connectionOf(config)), { code: '28P01' })
  writeFileSync(file, 'second\n')
  await until(() => config.databasePassword === 'second')
  const { rows } = await pool.query('select current_user::text as who')
  assert.deepEqual(rows, [{ who: role }])
  await kept.query('select 1')
  kept.release()
})

test('so is an address for listening: it is followed by whoever listens already', async (t) => {
  await setPassword('first')
  const file = join(folder, 'listen')
  writeFileSync(file, urlWith('first'))
  const config = configOf({ DATABASE_URL: urlWith('first'), LISTEN_DATABASE_URL_FILE: file })
  const files = watchSecretFiles(config, { log: createLog('silent'), metrics: recordsNothing }, async () => {}, 20)
  t.after(() => files.stop())
  const connection = listeningConnectionOf(config)
  await setPassword('second')
  writeFileSync(file, urlWith('second'))
  await until(() => config.listenDatabaseUrl === urlWith('second'))
  assert.equal((await askWho(connection)).who, role)
})

test('with DATABASE_AUTH=aws-iam the password is a token that is signed here, over TLS alone', async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'of-the-test' })
  const iam = { DATABASE_URL: urlWith(''), DATABASE_AUTH: 'aws-iam', AWS_REGION: 'eu-central-1' }
  const connection = connectionOf(configOf({ ...iam, DATABASE_CA: ca }))
  assert.ok(typeof connection.password === 'function')
  const token = await connection.password()
  const signed = new URL(`https://${token}`)
  assert.equal(signed.host, `127.0.0.1:${server.port}`)
  const of = (name: string) => signed.searchParams.get(name)
  assert.deepEqual(
    [of('Action'), of('DBUser'), of('X-Amz-Expires'), of('X-Amz-Algorithm')],
    ['connect', role, '900', 'AWS4-HMAC-SHA256'],
  )
  assert.match(of('X-Amz-Credential') ?? '', /^AKIDTEST\/\d{8}\/eu-central-1\/rds-db\/aws4_request$/)
  assert.match(of('X-Amz-Signature') ?? '', /^[0-9a-f]{64}$/)
  // No server of AWS is here to verify it; this one takes it as the login's password, and so sees it whole.
  await setPassword(token)
  assert.deepEqual(await askWho(connection), { who: role, tls: true })
  assert.throws(() => configOf(iam), /DATABASE_CA is missing; DATABASE_AUTH=aws-iam needs it/)
  assert.throws(
    () => configOf({ ...iam, DATABASE_CA: ca, DATABASE_URL: urlWith('secret-word') }),
    /must hold no password with DATABASE_AUTH=aws-iam/,
  )
})

test('a commit that was canceled while it waited for its standby is not taken for done', async (t) => {
  const url = new URL(server.ownerUrl)
  url.username = 'postgres'
  const pool = openPool(url.href, 2)
  t.after(() => pool.end())
  await pool.query('create table replicated (value integer)')
  const waitFor = async (standby: string) => {
    await superuser.query(`alter system set synchronous_standby_names = '${standby}'`)
    await superuser.query('select pg_reload_conf()')
  }
  await superuser.query('set synchronous_commit = local')
  await waitFor('nobody')
  const waiting = `from pg_stat_activity where wait_event = 'SyncRep'`
  const countWaiting = async () => (await superuser.query(`select ${waiting}`)).rowCount
  // The server begins to wait in its own time: when it has, this commit is one that waits.
  for (let isWaiting = false; !isWaiting; ) {
    const asked = { isOver: false }
    const end = () => {
      asked.isOver = true
    }
    pool.query(`select pg_logical_emit_message(true, 'probe', '')`).then(end, end)
    await until(async () => asked.isOver || (await countWaiting()) === 1)
    isWaiting = !asked.isOver
    if (isWaiting) await superuser.query(`select pg_cancel_backend(pid) ${waiting}`)
    await until(() => asked.isOver)
  }
  const insert = { name: 'insert', text: 'insert into replicated values ($1)', values: [1] }
  const answers = Promise.allSettled([
    pool.query(insert),
    inTransaction(pool, (tx) => tx.query('insert into replicated values (2)')),
  ])
  await until(async () => (await countWaiting()) === 2)
  await superuser.query(`select pg_cancel_backend(pid) ${waiting}`)
  assert.deepEqual(
    (await answers).map((answer) => (answer.status === 'rejected' ? answer.reason.code : 'done')),
    ['unreplicated', 'unreplicated'],
  )
  await waitFor('')
  assert.equal((await pool.query('select from replicated')).rowCount, 2, 'on this server they happened')
})
