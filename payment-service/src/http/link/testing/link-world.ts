import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PaymentSession } from '@fincore/api-contract/resources'
import { createTestDatabase } from '@fincore/dev/test-database'
import { type MagicCardName, magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import { startSandbox } from '@fincore/psp-sandbox/sandbox'
import { makeTestCertificate } from '@fincore/psp-sandbox/testing/certificate'
import type { Timings } from '@fincore/psp-sandbox/timings'
import { neverSuspects } from '../../../abuse/never-suspects.ts'
import { loadConfig } from '../../../config.ts'
import type { Deps } from '../../../deps.ts'
import { newId } from '../../../ids.ts'
import { recordsNothing } from '../../../observability/metrics.ts'
import { alwaysReady } from '../../../observability/readiness.ts'
import { noTracing } from '../../../observability/tracing.ts'
import type { PspReply, PspRequest } from '../../../psp-gateway/port.ts'
import { createPspHealth } from '../../../psp-gateway/psp-health.ts'
import { createPspPlaces } from '../../../psp-gateway/psp-places.ts'
import { psps } from '../../../psp-gateway/registry.ts'
import { createSender } from '../../../psp-gateway/send.ts'
import { neverOpens } from '../../../psp-gateway/testing/never-opens.ts'
import { createVault, digestOf, newSecret } from '../../../secrets.ts'
import { openDirectory } from '../../../store/directory.ts'
import { createHotPath } from '../../../store/hot-path.ts'
import { openPool } from '../../../store/pool.ts'
import { createApiServer, perMinute } from '../../api-server.ts'

export type LinkWorld = Awaited<ReturnType<typeof openLinkWorld>>
/** What a browser keeps between visits. */
export type Browser = Map<string, string>
export type Visit = {
  status: number
  location: string | null
  text: string
  headers: Record<string, string | string[] | number | undefined>
}
type Truth = { movements: { kind: string; payment: string; amount: number }[] }
/** What happens to a call to the PSP in place of it; null lets it through. */
export type Fault = (request: PspRequest) => Promise<PspReply> | null

/** The public API on a real database, with a whole sandbox PSP in this process. The clock can be turned forward. */
export async function openLinkWorld(
  sandboxSettings: { lookupDelayMs?: number; timings?: Partial<Timings> } = {},
  limits: typeof perMinute = perMinute,
) {
  const tls = makeTestCertificate()
  const dataDir = mkdtempSync(join(tmpdir(), 'link-test-'))
  const adminToken = newSecret('admin_')
  const [database, sandbox] = await Promise.all([
    createTestDatabase(),
    startSandbox({
      host: '127.0.0.1',
      pagesPort: 0,
      apiPort: 0,
      tls,
      dataDir,
      adminToken,
      ...sandboxSettings,
      timings: { lateApprovalMs: 1_000, refundPendingMs: 50, abandonChallengeMs: 50, ...sandboxSettings.timings },
    }),
  ])
  const encryptionKey = randomBytes(32)
  const config = loadConfig({
    PUBLIC_URL: 'http://127.0.0.1:4000',
    RELAY_URL: 'https://127.0.0.1:4001',
    DATABASE_URL: database.appUrl,
    ENCRYPTION_KEY: encryptionKey.toString('base64'),
    INTERNAL_TOKEN: newSecret(''),
    PSP_TIMEOUT_MS: '2000',
    LOG_LEVEL: 'silent',
  })
  const state: { aheadMs: number; fault: Fault } = { aheadMs: 0, fault: () => null }
  const errors: string[] = []
  const silent = () => {}
  const log = { debug: silent, info: silent, warn: silent, error: (message: string) => void errors.push(message) }
  const pool = openPool(database.appUrl, 8)
  const vault = createVault(encryptionKey)
  const directory = await openDirectory(config, pool, vault, log)
  const sender = createSender({ extraCa: tls.cert })
  const deps: Deps = {
    config,
    pool,
    hotPath: createHotPath(pool),
    directory,
    vault,
    // The sandbox is consistent at once; the shopper's way back waits for the window.
    psps: { ...psps, sandbox: { ...psps.sandbox, consistencyWindowMs: 250 } },
    send: (request, timeoutMs) => state.fault(request) ?? sender.send(request, timeoutMs),
    now: () => new Date(Date.now() + state.aheadMs),
    tracing: noTracing,
    steadyMs: () => Number.POSITIVE_INFINITY,
    log,
    metrics: recordsNothing,
    readiness: alwaysReady,
    wakeOutbox: silent,
    pspPlaces: createPspPlaces(),
    pspHealth: createPspHealth({ limits: neverOpens }),
    cardTesting: neverSuspects,
    wakeInbox: silent,
  }
  const app = await createApiServer(deps, limits)
  await app.ready()

  const callSandbox = async (method: 'GET' | 'POST', path: string, token: string, body: unknown = null) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    }
    const request = {
      method,
      url: `${sandbox.apiUrl}${path}`,
      headers,
      body: body === null ? null : JSON.stringify(body),
    }
    const reply = await sender.send(request, 5_000)
    assert.ok('body' in reply)
    return JSON.parse(reply.body)
  }
  const merchant = { id: newId('merchant'), key: newSecret('sk_test_'), account: newId('pspAccount') }
  const account = await callSandbox('POST', '/v2/accounts', adminToken, { name: 'Blue Bottle Books' })
  await pool.query('insert into merchants (merchant_id, name) values ($1, $2)', [merchant.id, 'Blue Bottle Books'])
  await pool.query(
    `insert into psp_accounts (merchant_id, id, psp, name, config, credentials) values ($1, $2, 'sandbox', 'test', $3, $4)`,
    [
      merchant.id,
      merchant.account,
      { api_url: sandbox.apiUrl, pages_url: sandbox.pagesUrl },
      vault.seal(
        JSON.stringify({
          secret_key: account.secret_key,
          public_key: account.public_key,
          webhook_secret: account.webhook_secret,
        }),
        merchant.account,
      ),
    ],
  )
  await pool.query(
    `insert into api_keys (merchant_id, id, kind, digest, hint, scopes, created_by) values ($1, $2, 'secret', $3, 'sk_test_…', $4, 'test')`,
    [
      merchant.id,
      newId('apiKey'),
      digestOf(merchant.key),
      ['read', 'payment_sessions:write', 'charges:write', 'refunds:write'],
    ],
  )

  const call = async (
    method: 'GET' | 'POST',
    url: string,
    body?: object,
    key: string = randomUUID(),
    bearer: string = merchant.key,
  ) => {
    const headers = {
      authorization: `Bearer ${bearer}`,
      ...(method === 'POST' ? { 'idempotency-key': key } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const answer = await app.inject({
      method,
      url,
      headers,
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() }
  }

  return {
    deps,
    app,
    state,
    errors,
    sandbox,
    merchant,
    /** What the tables' owner connects with, to break something. */
    ownerUrl: database.ownerUrl,
    /** What another payment service connects with. */
    appUrl: database.appUrl,
    /** Straight to the PSP, whatever `state.fault` says. */
    sendToPsp: sender.send,
    /** The sandbox's own file, for the same. */
    ledgerFile: join(dataDir, 'psp-sandbox.sqlite'),
    /** The authority that the sandbox's certificate is trusted by. */
    pspAuthority: tls.cert,
    /** The way to the PSP past `state.fault`. */
    send: (request: PspRequest) => sender.send(request, 5_000),
    /** A merchant's further call to the PSP, past FinCore: by the account's own key. */
    callPsp: (method: 'GET' | 'POST', path: string, body?: object) =>
      callSandbox(method, path, account.secret_key, body ?? null),
    /** A card token, as the PSP's fields in the browser make it. */
    async makeToken(card: MagicCardName): Promise<string> {
      const response = await fetch(`${sandbox.pagesUrl}/v2/tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${account.public_key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ number: magicCardNumber(card), cvc: '123', expiry_month: 12, expiry_year: 2034 }),
      })
      return ((await response.json()) as { id: string }).id
    },
    call,
    /** @param more fields of the request, in place of or beside the usual ones. */
    async createSession(more: object = {}, key?: string): Promise<PaymentSession & { url: string }> {
      const request = {
        amount: 1999,
        currency: 'EUR',
        success_url: 'https://shop.example/thanks?order=7',
        cancel_url: 'https://shop.example/cart#items',
        description: 'Two books',
      }
      const answer = await call('POST', '/v1/payment_sessions', { ...request, ...more }, key)
      assert.equal(answer.status, 201, JSON.stringify(answer.body))
      return answer.body
    },
    async findSession(id: string): Promise<PaymentSession> {
      return (await call('GET', `/v1/payment_sessions/${id}`)).body
    },
    /** One request as a browser makes it; keeps the cookies that it gets. A header that is null is left out. */
    async visit(
      browser: Browser,
      method: 'GET' | 'HEAD' | 'POST',
      url: string,
      headers: Record<string, string | null> = {},
    ): Promise<Visit> {
      const { pathname, search } = new URL(url, 'http://127.0.0.1:4000')
      const cookie = [...browser].map(([name, value]) => `${name}=${value}`).join('; ')
      const posted =
        method === 'POST'
          ? { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
          : {}
      const answer = await app.inject({
        method,
        url: pathname + search,
        headers: Object.fromEntries(
          Object.entries({ ...posted, ...(cookie === '' ? {} : { cookie }), ...headers }).flatMap(([name, value]) =>
            value === null ? [] : [[name, value]],
          ),
        ),
        ...(method === 'POST' ? { payload: '' } : {}),
      })
      for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        browser.set(name, value)
      }
      return {
        status: answer.statusCode,
        location: answer.headers.location ?? null,
        text: answer.payload,
        headers: answer.headers,
      }
    },
    /** Pays on the PSP's page as a shopper does; answers with where the page sends the shopper. */
    async pay(pspUrl: string, card: MagicCardName): Promise<string | null> {
      const form = new URLSearchParams({ number: magicCardNumber(card), expiry: '12/34', cvc: '123' })
      const answer = await fetch(pspUrl, { method: 'POST', body: form, redirect: 'manual' })
      assert.equal(answer.status, 303, await answer.text())
      return answer.headers.get('location')
    },
    async createAttemptOf(sessionId: string): Promise<string> {
      const { rows } = await pool.query(
        `select id from attempts where payment_session_id = $1 and kind = 'create_session'`,
        [sessionId],
      )
      return rows[0].id
    },
    /** What the bank did for a session. */
    async truthOf(sessionId: string): Promise<string[]> {
      const truth: Truth = await callSandbox(
        'GET',
        `/truth?reference=${await this.createAttemptOf(sessionId)}`,
        account.secret_key,
      )
      return truth.movements.map(({ kind, amount }) => `${kind} ${amount}`)
    },
    async eventsOf(objectId: string): Promise<string[]> {
      const { rows } = await pool.query('select type from events where object_id = $1 order by sequence', [objectId])
      return rows.map((row) => row.type)
    },
    async chargesOf(sessionId: string) {
      const { rows } = await pool.query('select * from charges where payment_session_id = $1 order by id', [sessionId])
      return rows
    },
    async close() {
      await app.close()
      await sender.close()
      await directory.close()
      await pool.end()
      await sandbox.close()
      await database.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
