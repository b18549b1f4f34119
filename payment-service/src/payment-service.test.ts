import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import { testPrograms } from '@fincore/dev/test-programs'
import { loadConfig } from './config.ts'
import { startPaymentService } from './payment-service.ts'
import { startSwitchedProxy } from './store/testing/switched-proxy.ts'

let database: TestDatabase
let settings: Record<string, string>
before(async () => {
  database = await createTestDatabase()
  settings = {
    DATABASE_URL: database.appUrl,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    INTERNAL_TOKEN: 'i'.repeat(32),
    PUBLIC_URL: 'http://127.0.0.1:4000',
    RELAY_URL: 'https://127.0.0.1:4001',
    API_PORT: '0',
    ADMIN_PORT: '0',
    INTERNAL_PORT: '0',
    MANAGEMENT_PORT: '0',
    LOG_LEVEL: 'silent',
    PSP_TIMEOUT_MS: '100',
  }
})
after(() => database.drop())

/** Keeps a door from closing: a request whose body does not come to its end. */
async function beginRequest(api: string | undefined): Promise<Socket> {
  const url = new URL(api ?? '')
  const socket = connect(Number(url.port), url.hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write('POST /v1/psp_webhooks/pspa_1 HTTP/1.1\r\nHost: fincore\r\nContent-Length: 10\r\n\r\n{')
  await sleep(100)
  return socket
}

const children: ChildProcess[] = []
after(() => children.map((child) => child.kill('SIGKILL')))

async function startProcess(more: Record<string, string>) {
  const child = spawn(process.execPath, [testPrograms.paymentService], {
    env: { ...settings, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const exited = once(child, 'exit')
  const line = await new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve))
  const { api }: { api: string } = JSON.parse(line.replace('listening ', ''))
  return { api, child, exited }
}

describe('stopping the payment service', () => {
  it('stops the jobs while a door still waits for its last request', async () => {
    const service = await startPaymentService(loadConfig(settings))
    const { pool } = service.deps
    await pool.query(`insert into merchants (merchant_id, name) values ('mer_1', 'Shop')`)
    await pool.query(
      `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ('mer_1', 'pspa_1', 'sandbox', 'Sandbox', '{}', $1)`,
      [service.deps.vault.seal('{}', 'pspa_1')],
    )
    const request = await beginRequest(service.addresses.api)
    const stopped = service.stop()
    await sleep(300)
    await pool.query(
      `insert into psp_events (merchant_id, psp_account_id, event_id, type, event, next_try_at)
       values ('mer_1', 'pspa_1', 'wev_1', 'x', '{"id":"wev_1","type":"x","about":{"kind":"nothing"}}', now())`,
    )
    await sleep(700)
    const { rows } = await pool.query<{ state: string }>('select state from psp_events')
    request.destroy()
    await stopped
    assert.equal(rows[0]?.state, 'received', 'the inbox took no more')
  })

  it('drains, which a second signal ends; then waits for clients that never finish, but not for long', async () => {
    const { api, child, exited } = await startProcess({ DRAIN_MS: '20000' })
    const request = await beginRequest(api)
    child.kill('SIGTERM')
    let answer: Response
    do answer = await fetch(`${api}/v1/charges`)
    while (answer.headers.get('connection') !== 'close')
    assert.equal(answer.status, 401, 'what still comes is done')
    const begunAt = performance.now()
    child.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
    const tookMs = performance.now() - begunAt
    assert.ok(tookMs < 8_500, `${tookMs} ms`)
    request.destroy()
  })

  it('ends by force, five seconds after the time limit of PSPs, when the database is silent', async () => {
    const proxy = await startSwitchedProxy(database.appUrl)
    const { child, exited } = await startProcess({ DATABASE_URL: proxy.url })
    proxy.set('silent')
    const begunAt = performance.now()
    child.kill('SIGTERM')
    assert.deepEqual(await exited, [1, null])
    const tookMs = performance.now() - begunAt
    assert.ok(tookMs > 5_050 && tookMs < 8_500, `${tookMs} ms`)
    await proxy.close()
  })
})
