import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testPrograms } from '@fincore/dev/test-programs'
import { makeTestCertificate } from '@fincore/psp-sandbox/testing/certificate'
import {
  type AuditedService,
  accountRequest,
  capturedPayment,
  operators,
  startAuditedService,
} from './audit/testing/audited-service.ts'
import type { PaymentService } from './payment-service.ts'
import { digestOf, newSecret } from './secrets.ts'

/**
 * A database that the sandbox filled, given to production, and one of production given to the sandbox. Every service
 * is whole, behind its real doors; that of the other environment is a process of its own.
 */
let world: AuditedService
let psp: Server
let folder: string
let extraCa: { EXTRA_CA_FILE: string }
/** Requests to the sandbox PSP's address. None is answered, so that what the PSP did stays unknown. */
let pspCalls = 0
before(async () => {
  world = await startAuditedService()
  const tls = makeTestCertificate()
  folder = mkdtempSync(join(tmpdir(), 'environment-test-'))
  extraCa = { EXTRA_CA_FILE: join(folder, 'ca.crt') }
  writeFileSync(extraCa.EXTRA_CA_FILE, tls.cert)
  psp = createServer(tls, (request) => {
    pspCalls++
    request.socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(psp, 'listening')
})
after(async () => {
  psp.close()
  rmSync(folder, { recursive: true })
  await world.owner.end()
  await world.database.drop()
})

type Answer = { status: number; body: Record<string, unknown> & { id: string } }
type Service = { lines: string[]; addresses: Record<string, string>; stop(): Promise<void> }

async function startProcess(environment: Record<string, string>): Promise<Service> {
  const child: ChildProcess = spawn(process.execPath, [testPrograms.paymentService], {
    env: {
      DATABASE_URL: world.database.appUrl,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      // As a copied database would be found: with the key that opens its credentials.
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      INTERNAL_TOKEN: 'i'.repeat(40),
      RELAY_URL: 'https://127.0.0.1:4001',
      API_PORT: '0',
      ADMIN_PORT: '0',
      INTERNAL_PORT: '0',
      MANAGEMENT_PORT: '0',
      LOG_LEVEL: 'error',
      PSP_TIMEOUT_MS: '200',
      ...extraCa,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const addresses = await new Promise<Record<string, string>>((resolve, reject) => {
    child.once('exit', () => reject(new Error('It ended before it listened')))
    if (child.stdout === null) return
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('listening ')) resolve(JSON.parse(line.slice('listening '.length)))
      else lines.push(line)
    })
  })
  return {
    lines,
    addresses,
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
const startProduction = () => startProcess({ ENVIRONMENT: 'production', PUBLIC_URL: 'https://pay.example.com' })

async function send(url: string, method: string, bearer: string | null, body?: object): Promise<Answer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} }
}

const admit = async (service: Service, key: string) =>
  send(`${service.addresses.internal}/internal/admission`, 'POST', 'i'.repeat(40), {
    requestId: 'req_test',
    caller: {
      keyDigest: digestOf(key).toString('hex'),
      certificateFingerprint: 'ab'.repeat(32),
      sourceAddress: '127.0.0.1',
    },
  })

async function makeKey(admin: string | undefined, merchant: string, kind: 'secret' | 'publishable'): Promise<string> {
  const scopes = { scopes: ['read', 'charges:write', 'payment_sessions:write', 'refunds:write', 'charges:raw_card'] }
  const { body } = await send(`${admin}/admin/v1/merchants/${merchant}/api_keys`, 'POST', operators.ada, {
    kind,
    ...(kind === 'secret' ? scopes : {}),
  })
  return String(body.key)
}

/** What a payment writes. */
async function countRows(): Promise<unknown> {
  const { rows } = await world.owner.query(
    `select (select count(*)::int from charges) as charges, (select count(*)::int from payment_sessions) as sessions,
       (select count(*)::int from refunds) as refunds, (select count(*)::int from attempts) as attempts,
       (select count(*)::int from idempotency_keys) as keys, (select count(*)::int from psp_events) as psp_events`,
  )
  return rows[0]
}

const tokenCharge = { amount: 1000, currency: 'EUR', payment_method: { type: 'token', token: 'tok_0123456789abcdef' } }
const hostedSession = {
  amount: 1000,
  currency: 'EUR',
  success_url: 'https://shop.example/paid',
  cancel_url: 'https://shop.example/canceled',
}

describe('production on a database that the sandbox filled', () => {
  let sandbox: PaymentService
  let production: Service
  let merchant: string
  let account: string
  let live: string
  let keys: { secret: string; publishable: string }
  let captured: string
  let authorized: string
  let session: string
  let unanswered: string
  let callsOfSandbox: number
  before(async () => {
    sandbox = await world.start({ ...extraCa, PSP_TIMEOUT_MS: '2000' })
    const { addresses, deps } = sandbox
    ;({ id: merchant } = (await world.admin('ada', 'POST', '/merchants', { name: 'Shop' })).body)
    const api_url = `https://127.0.0.1:${(psp.address() as AddressInfo).port}`
    const config = { ...accountRequest.config, api_url }
    const made = await world.admin('ada', 'POST', `/merchants/${merchant}/psp_accounts`, { ...accountRequest, config })
    account = made.body.id
    keys = {
      secret: await makeKey(addresses.admin, merchant, 'secret'),
      publishable: await makeKey(addresses.admin, merchant, 'publishable'),
    }
    await world.grant(merchant)
    captured = await makeCharge('captured', 1000)
    authorized = await makeCharge('authorized', 0)
    assert.equal((await callSandbox('POST', '/payment_sessions', hostedSession)).status, 503)
    const request = { ...tokenCharge, return_url: 'https://shop.example/back' }
    unanswered = (await callSandbox('POST', '/charges', request)).body.id
    const { rows } = await world.owner.query<{ id: string }>('select id from payment_sessions')
    session = rows[0]?.id ?? ''
    assert.match(deps.vault.linkToken('session', session), /^[\w-]{43}$/)
    callsOfSandbox = pspCalls
    await Promise.all([sandbox.stop(), world.service.stop()])
    // What the sandbox left unanswered is due when production starts.
    await world.owner.query(`update attempts set next_lookup_at = now() where next_lookup_at is not null`)
    production = await startProduction()
    live = await makeKey(production.addresses.admin, merchant, 'secret')
  })
  after(() => production.stop())

  const callSandbox = (method: string, path: string, body?: object) =>
    send(`${sandbox.addresses.api}/v1${path}`, method, keys.secret, body)

  /** A charge whose call nobody answered, and whose outcome the PSP's webhook brought. */
  async function makeCharge(status: 'captured' | 'authorized', amountCaptured: number): Promise<string> {
    const request = { ...tokenCharge, capture_method: status === 'captured' ? 'automatic' : 'manual' }
    const { body } = await callSandbox('POST', '/charges', request)
    const { rows } = await world.owner.query<{ id: string }>('select id from attempts where charge_id = $1', [body.id])
    const event = capturedPayment(rows[0]?.id ?? '')
    const payment = { ...event.data.payment, status, captured: amountCaptured }
    await world.pspWebhook(account, { ...event, type: `payment.${status}`, data: { payment } })
    for (const deadline = Date.now() + 5_000; ; await sleep(50)) {
      const now = (await callSandbox('GET', `/charges/${body.id}`)).body
      if (now.status === status) return body.id
      assert.ok(Date.now() < deadline, `${body.id} is ${now.status}`)
    }
  }

  it('the sandbox itself did call its PSP', () => {
    assert.ok(callsOfSandbox > 0)
  })

  it('refuses test keys at the API, secret and publishable, and at the card relay’s admission', async () => {
    const api = `${production.addresses.api}/v1`
    for (const [path, key] of [
      ['charges', keys.secret],
      ['client_config', keys.publishable],
    ] as const) {
      const { status, body } = await send(`${api}/${path}`, 'GET', key)
      assert.deepEqual([path, status, body.code], [path, 401, 'api_key_invalid'])
      assert.match(String(body.detail), /^This is a test key, and this is production\./)
      const unknown = await send(`${api}/${path}`, 'GET', newSecret(key.slice(0, 'sk_test_'.length)))
      assert.equal(unknown.body.detail, body.detail, 'the answer tells whether there is such a key')
    }
    const { body } = await admit(production, keys.secret)
    assert.equal(body.decision, 'refuse')
    assert.match(JSON.stringify(body), /raw_card_key_invalid/)
  })

  it('takes the keys that it made itself', async () => {
    assert.equal((await send(`${production.addresses.api}/v1/charges`, 'GET', live)).status, 200)
    assert.equal((await admit(production, live)).body.decision, 'admit')
  })

  it('refuses whatever would use an account at the sandbox PSP, before anything is written', async () => {
    const before = await countRows()
    const api = `${production.addresses.api}/v1`
    const requests: [path: string, body: object][] = [
      ['charges', tokenCharge],
      ['charges', { ...tokenCharge, psp_account: account }],
      ['payment_sessions', hostedSession],
      [`payment_sessions/${session}/expire`, {}],
      ['refunds', { charge: captured }],
      [`charges/${authorized}/capture`, {}],
      [`charges/${authorized}/cancel`, {}],
    ]
    for (const [path, body] of requests) {
      const answer = await send(`${api}/${path}`, 'POST', live, body)
      assert.deepEqual([path, answer.status, answer.body.code], [path, 422, 'psp_account_missing'])
    }
    const { vault } = sandbox.deps
    const link = `/s/${vault.linkToken('session', session)}`
    for (const [method, path] of [
      ['GET', link],
      ['POST', link],
      ['GET', `${link}/return`],
      ['GET', `${link}/cancel`],
      ['GET', `/c/${vault.linkToken('return', unanswered)}/return`],
    ] as const) {
      const { status } = await fetch(`${production.addresses.api}${path}`, { method, redirect: 'manual' })
      assert.deepEqual([method, path, status], [method, path, 404])
    }
    assert.equal((await send(`${api}/psp_webhooks/${account}`, 'POST', null, {})).status, 404)
    assert.deepEqual(await countRows(), before)
  })

  it('refuses a card for it too, before anything is written', async () => {
    const before = await countRows()
    const { body } = await send(`${production.addresses.internal}/internal/card_charges`, 'POST', 'i'.repeat(40), {
      requestId: 'req_test',
      caller: {
        keyDigest: digestOf(live).toString('hex'),
        certificateFingerprint: 'ab'.repeat(32),
        sourceAddress: '127.0.0.1',
      },
      idempotencyKey: randomUUID(),
      blankedBody: JSON.stringify({
        amount: 1000,
        currency: 'EUR',
        payment_method: { type: 'card', card: { number: '****', cvc: '***', exp_month: 12, exp_year: 2034 } },
      }),
      card: { brand: 'visa', first6: '411111', last4: '1111', length: 16, luhnOk: true, cvcLength: 3 },
    })
    assert.equal(body.do, 'reply')
    assert.match(JSON.stringify(body), /psp_account_missing/)
    assert.deepEqual(await countRows(), before)
  })

  it('never called the sandbox PSP, its resolver neither', async () => {
    await sleep(1_500)
    assert.equal(pspCalls, callsOfSandbox)
  })

  it('says at its start how many there are, without a secret, and no more when they are revoked and disabled', async () => {
    const found = production.lines.map((line) => JSON.parse(line) as { message: string; count?: number })
    const counted = found.filter(({ message }) => message.includes('in production'))
    assert.deepEqual(
      counted.map(({ message, count }) => [message, count]),
      [
        ['test keys in production: they are refused; revoke them, see docs/operating.md', 2],
        ['accounts at a test PSP in production: they are not used; disable them, see docs/operating.md', 1],
      ],
    )
    for (const secret of [keys.secret, keys.publishable, ...Object.values(accountRequest.credentials)])
      assert.ok(!production.lines.join('\n').includes(secret))
    const admin = `${production.addresses.admin}/admin/v1/merchants/${merchant}`
    const listed = (await send(`${admin}/api_keys`, 'GET', operators.ada)).body.data as { id: string; hint: string }[]
    for (const { id, hint } of listed) {
      if (hint.includes('_test_'))
        assert.equal((await send(`${admin}/api_keys/${id}`, 'DELETE', operators.ada)).status, 200)
    }
    assert.equal((await send(`${admin}/psp_accounts/${account}/disable`, 'POST', operators.ada, {})).status, 200)
    const enabled = await send(`${admin}/psp_accounts/${account}/enable`, 'POST', operators.ada, {})
    assert.deepEqual([enabled.status, enabled.body.code, enabled.body.param], [400, 'parameter_invalid', 'account'])
    const again = await startProduction()
    await again.stop()
    assert.doesNotMatch(again.lines.join('\n'), /in production/)
  })

  it('and the sandbox refuses the live keys', async () => {
    const again = await startProcess({ PUBLIC_URL: 'http://127.0.0.1:4000' })
    try {
      const { status, body } = await send(`${again.addresses.api}/v1/charges`, 'GET', live)
      assert.deepEqual([status, body.code], [401, 'api_key_invalid'])
      assert.match(String(body.detail), /^This is a live key, and this is the sandbox\./)
      assert.match(JSON.stringify((await admit(again, live)).body), /raw_card_key_invalid/)
      assert.match(again.lines.join('\n'), /live keys in the sandbox: they are refused/)
    } finally {
      await again.stop()
    }
  })
})
