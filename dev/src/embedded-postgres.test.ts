import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { withClient } from './database.ts'
import { startPostgres } from './embedded-postgres.ts'

function makeDataDir(test: { after(clean: () => void): void }): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-postgres-test-'))
  test.after(() => rmSync(dataDir, { recursive: true, force: true }))
  return dataDir
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
}

function postmasterPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8'), 10)
}

test('a second start finds the data of the first and refuses a wrong password; its log quotes no value and no row', async (t) => {
  const dataDir = makeDataDir(t)
  const first = await startPostgres({ dataDir, port: 0 })
  await withClient(first.ownerUrl, (client) => client.query('create table kept as select 42 as answer'))
  await first.stop()

  // A lock that names a process which is no PostgreSQL is what a power cut leaves behind.
  writeFileSync(join(dataDir, 'cluster', 'postmaster.pid'), `${process.pid}\n/nowhere\n`)
  const second = await startPostgres({ dataDir, port: 0 })
  const { rows } = await withClient(second.ownerUrl, (client) => client.query('select answer from kept'))
  assert.deepEqual(rows, [{ answer: 42 }])

  const wrong = new URL(second.ownerUrl)
  wrong.password = 'wrong'
  await assert.rejects(
    withClient(wrong.href, () => Promise.resolve()),
    /password authentication failed/,
  )
  assert.equal(statSync(join(dataDir, 'password')).mode & 0o777, 0o600)
  await withClient(second.ownerUrl, async (client) => {
    await client.query('create table notes (id text primary key, note text check (length(note) < 40))')
    const fail = (sql: string, values: unknown[] = []) => assert.rejects(client.query(sql, values), /./, sql)
    await client.query('insert into notes values ($1)', ['canary-key'])
    await fail('insert into notes values ($1)', ['canary-key'])
    await fail('insert into notes values ($1, $2)', ['other', 'canary-note '.repeat(5)])
    await fail('select $1::bigint', ['canary-number'])
    await fail('select 1 where id = $1', ['canary-syntax'])
    await fail(`select 'canary-text'::integer`)
    await fail(`do $$ begin raise exception 'canary-raised'; end $$`)
  })
  await second.stop()
  const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8')
  assert.match(log, /database system is ready/)
  assert.doesNotMatch(log, /canary/)
})

test('a data directory in use by a running server is refused in one line', async (t) => {
  const dataDir = makeDataDir(t)
  const server = await startPostgres({ dataDir, port: 0 })
  await assert.rejects(
    startPostgres({ dataDir, port: 0 }),
    /^Error: The data directory .* is in use .*Stop it, or set FINCORE_DATA_DIR/,
  )
  await server.stop()
})

test('a taken port is refused with the reason', async (t) => {
  const server = await startPostgres({ dataDir: makeDataDir(t), port: 0 })
  await assert.rejects(startPostgres({ dataDir: makeDataDir(t), port: server.port }), /^Error: Port \d+, .* is taken/)
  await server.stop()
})

test('kill -9 of the process that started it leaves no PostgreSQL behind', async (t) => {
  const dataDir = makeDataDir(t)
  const program = `
    const { startPostgres } = await import(${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)})
    await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, port: 0 })
    console.log('ready')
    setInterval(() => {}, 1000)`
  const launcher = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(launcher.stdout)) if (line === 'ready') break
  const pid = postmasterPid(dataDir)
  assert.ok(isRunning(pid))
  launcher.kill('SIGKILL')
  for (let waited = 0; isRunning(pid) && waited < 10_000; waited += 50) await sleep(50)
  assert.ok(!isRunning(pid), 'PostgreSQL is still running')
  assert.ok(!existsSync(join(dataDir, 'cluster', 'postmaster.pid')), 'it was not shut down cleanly')
})
