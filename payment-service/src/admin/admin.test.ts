import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import { lapseGrants } from '../card-door/lapse-grants.ts'
import { type Config, loadConfig } from '../config.ts'
import { createLog, type LogFields } from '../log.ts'
import { recordsNothing } from '../observability/metrics.ts'
import { alwaysReady } from '../observability/readiness.ts'
import { sample as adyen } from '../psp-gateway/adyen/testing/sample.ts'
import type { Sample } from '../psp-gateway/every-request.ts'
import type { Psp } from '../psp-gateway/port.ts'
import { createPspHealth } from '../psp-gateway/psp-health.ts'
import { psps } from '../psp-gateway/registry.ts'
import { sample as stripe } from '../psp-gateway/stripe/testing/sample.ts'
import { createVault, digestOf } from '../secrets.ts'
import type { App } from '../server/server.ts'
import { type Directory, openDirectory } from '../store/directory.ts'
import { upsertOperators } from '../store/operators.ts'
import { openPool, type Pool } from '../store/pool.ts'
import { createAdminServer } from './server.ts'

const operators = { ada: 'a'.repeat(32), ben: 'b'.repeat(32) }
type Who = keyof typeof operators
const sha = 'ab'.repeat(32)
const unknownId = '0'.repeat(26)

let database: TestDatabase
let pool: Pool
let directory: Directory
let config: Config
let admin: App
let woken = 0
const vault = createVault(Buffer.alloc(32, 7))
const log = createLog('silent')
const now = () => new Date('2026-11-23T12:00:00Z')
const sandbox = {
  preflight: (account) =>
    'webhook_secret' in account.credentials
      ? [{ severity: 'warning', field: 'config.api_url', message: 'It is slow.' }]
      : [{ severity: 'error', field: 'credentials.webhook_secret', message: 'It is missing.' }],
} as Partial<Psp> as Psp

before(async () => {
  database = await createTestDatabase()
  pool = openPool(database.appUrl, 4)
  config = loadConfig({
    DATABASE_URL: database.appUrl,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    INTERNAL_TOKEN: 'i'.repeat(32),
    PUBLIC_URL: 'http://127.0.0.1:4000',
    RELAY_URL: 'https://127.0.0.1:4001',
  })
  directory = await openDirectory(config, pool, vault, log)
  await upsertOperators(
    pool,
    Object.entries(operators).map(([name, token]) => ({ name, token })),
  )
  admin = makeAdmin(config)
})
after(async () => {
  await admin.close()
  await directory.close()
  await pool.end()
  await database.drop()
})

function makeAdmin(config: Config, itsDirectory = directory): App {
  return createAdminServer({
    config,
    pool,
    directory: itsDirectory,
    vault,
    psps: { ...psps, sandbox },
    pspHealth: createPspHealth(),
    send: async () => ({ failure: 'refused', requestWasSent: false }),
    now,
    log,
    metrics: recordsNothing,
    readiness: alwaysReady,
    wakeInbox: () => woken++,
  })
}

type Answer = { status: number; body: Record<string, unknown> & { id: string; data: Record<string, unknown>[] } }
async function call(
  who: Who | null,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
  server = admin,
): Promise<Answer> {
  const response = await server.inject({
    method,
    url: `/admin/v1${path}`,
    headers: {
      ...(who === null ? {} : { authorization: `Bearer ${operators[who]}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: body }),
  })
  return { status: response.statusCode, body: response.json() }
}

/** Runs a call, and says what it answered and which audit records it left. */
async function recorded(run: () => Promise<Answer>): Promise<{ answer: Answer; records: string[] }> {
  const { rows: before } = await pool.query('select coalesce(max(id), 0) as last from audit_records')
  const answer = await run()
  const { rows } = await pool.query(
    'select actor, type, outcome, resource from audit_records where id > $1 order by id',
    [before[0].last],
  )
  return {
    answer,
    records: rows.map(
      (row) => `${row.actor} ${row.type} ${row.outcome}${row.resource === answer.body.id ? ' on it' : ''}`,
    ),
  }
}

async function makeMerchant(): Promise<string> {
  return (await call('ada', 'POST', '/merchants', { name: 'Books & Co' })).body.id
}
const grantRequest = {
  evidence_kind: 'saq_d',
  evidence_reference: 'SAQ D 2026',
  evidence_sha256: sha,
  evidence_date: '2026-11-01',
  valid_until: '2027-11-01',
  address_ranges: ['127.0.0.0/8', '::1/128'],
  certificate_fingerprints: [sha],
}

test('without a token: that the process answers, and where its endpoints are', async () => {
  const health = await admin.inject('/health/ready')
  assert.deepEqual([health.statusCode, health.json()], [200, { status: 'ok' }])
  for (const url of ['/admin/v1/nothing', '/admin/v1/%zz']) {
    const { statusCode, body } = await admin.inject(url)
    assert.equal(statusCode, 404)
    assert.match(JSON.parse(body).detail, /The admin API is under `\/admin\/v1`; docs\/operating\.md/)
  }
})

test('without an operator’s token nothing is told, and the failed sign-in is in the audit log', async () => {
  for (const [method, path] of [
    ['GET', '/merchants'],
    ['POST', '/merchants'],
    ['GET', '/audit_log'],
  ] as const) {
    const { status, body } = await call(null, method, path)
    assert.deepEqual([status, body.code], [401, 'operator_required'])
  }
  assert.equal((await call(null, 'GET', '/nothing')).body.code, 'route_not_found')
  // Who guesses tokens does not wait for the record.
  let records: Record<string, unknown>[] = []
  while (records.length === 0) records = (await call('ada', 'GET', '/audit_log?type=operator.sign_in')).body.data
  assert.equal(records[0]?.outcome, 'refused')
})

test('every action, refused or not, leaves exactly one audit record', async () => {
  const merchant = await makeMerchant()
  const key = (await call('ada', 'POST', `/merchants/${merchant}/api_keys`, { kind: 'secret' })).body.id
  const credentials = { secret_key: 'sk_sandbox_1', webhook_secret: 'w' }
  const account = { psp: 'sandbox', config: { api_url: 'https://127.0.0.1:4201' }, credentials }
  const accountId = (await call('ada', 'POST', `/merchants/${merchant}/psp_accounts`, account)).body.id
  const grants = `/merchants/${merchant}/raw_card_grants`
  const grant = (await call('ada', 'POST', grants, grantRequest)).body.id
  const cases: [
    who: Who,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: object | undefined,
    status: number,
    record: string,
  ][] = [
    ['ada', 'POST', '/merchants', { name: 'A' }, 201, 'merchant.create success on it'],
    ['ada', 'POST', '/merchants', { name: '' }, 400, 'merchant.create refused'],
    ['ada', 'POST', '/merchants', { name: 'A', card: '4111111111111111' }, 403, 'merchant.create refused'],
    ['ada', 'POST', `/merchants/mer_${unknownId}/api_keys`, { kind: 'secret' }, 404, 'api_key.create refused'],
    [
      'ada',
      'POST',
      `/merchants/${merchant}/api_keys`,
      { kind: 'publishable', scopes: ['read'] },
      400,
      'api_key.create refused',
    ],
    ['ada', 'POST', `/merchants/${merchant}/api_keys`, { kind: 'publishable' }, 201, 'api_key.create success on it'],
    ['ada', 'DELETE', `/merchants/${merchant}/api_keys/${key}`, undefined, 200, 'api_key.revoke success on it'],
    ['ada', 'DELETE', `/merchants/${merchant}/api_keys/key_${unknownId}`, undefined, 404, 'api_key.revoke refused'],
    ['ada', 'POST', `/merchants/${merchant}/psp_accounts`, account, 201, 'psp_account.create success on it'],
    [
      'ada',
      'POST',
      `/merchants/${merchant}/psp_accounts`,
      { ...account, credentials: { secret_key: 'x' } },
      400,
      'psp_account.create refused',
    ],
    [
      'ada',
      'POST',
      `/merchants/${merchant}/psp_accounts/${accountId}/disable`,
      {},
      200,
      'psp_account.disable success on it',
    ],
    [
      'ada',
      'POST',
      `/merchants/${merchant}/psp_accounts/${accountId}/enable`,
      undefined,
      200,
      'psp_account.enable success on it',
    ],
    ['ada', 'POST', grants, grantRequest, 409, 'raw_card_grant.request refused'],
    ['ada', 'POST', `${grants}/${grant}/approve`, {}, 403, 'raw_card_grant.approve refused'],
    ['ben', 'POST', `${grants}/${grant}/suspend`, {}, 409, 'raw_card_grant.suspend refused'],
    ['ben', 'POST', `${grants}/${grant}/approve`, {}, 200, 'raw_card_grant.approve success on it'],
    ['ben', 'POST', `${grants}/${grant}/approve`, {}, 409, 'raw_card_grant.approve refused'],
    ['ada', 'POST', `${grants}/${grant}/suspend`, { reason: 'asked' }, 200, 'raw_card_grant.suspend success on it'],
    ['ada', 'POST', `${grants}/${grant}/resume`, {}, 200, 'raw_card_grant.resume success on it'],
    ['ada', 'POST', `${grants}/${grant}/revoke`, {}, 200, 'raw_card_grant.revoke success on it'],
    ['ada', 'POST', `${grants}/grant_${unknownId}/revoke`, {}, 404, 'raw_card_grant.revoke refused'],
    [
      'ada',
      'POST',
      `/merchants/${merchant}/webhook_endpoints`,
      { url: 'https://127.0.0.1/hook' },
      422,
      'webhook_endpoint.create refused',
    ],
    [
      'ada',
      'POST',
      `/merchants/${merchant}/webhook_endpoints`,
      { url: 'https://1.1.1.1/hook' },
      201,
      'webhook_endpoint.create success on it',
    ],
    ['ada', 'POST', `/held_psp_events/${accountId}:no/replay`, {}, 404, 'psp_event.replay refused'],
    ['ada', 'GET', '/audit_log?limit=1', undefined, 200, 'audit_log.read success'],
    ['ada', 'GET', '/audit_log?starting_after=x', undefined, 400, 'audit_log.read refused'],
  ]
  for (const [who, method, path, body, status, record] of cases) {
    const { answer, records } = await recorded(() => call(who, method, path, body))
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`)
    assert.deepEqual(records, [`${who} ${record}`], path)
  }
})

test('a key is shown once, of the right environment, and works until it is revoked', async () => {
  const merchant = await makeMerchant()
  const { body: secret } = await call('ada', 'POST', `/merchants/${merchant}/api_keys`, { kind: 'secret' })
  const { body: publishable } = await call('ada', 'POST', `/merchants/${merchant}/api_keys`, { kind: 'publishable' })
  assert.match(String(secret.key), /^sk_test_[\w-]{43}$/)
  assert.match(String(publishable.key), /^pk_test_[\w-]{43}$/)
  assert.ok(!String(secret.scopes).includes('charges:raw_card'))
  const { body: list } = await call('ada', 'GET', `/merchants/${merchant}/api_keys`)
  assert.deepEqual(
    list.data.map((key) => [key.id, key.key]),
    [
      [publishable.id, publishable.key],
      [secret.id, undefined],
    ],
  )
  await assertInNoTable(String(secret.key))
  const production = makeAdmin({ ...config, environment: 'production' })
  const live = await call(
    'ada',
    'POST',
    `/merchants/${merchant}/api_keys`,
    { kind: 'secret', scopes: ['charges:raw_card'] },
    production,
  )
  assert.match(String(live.body.key), /^sk_live_/)
})

test('a rolled key goes on for its overlap beside a successor of the same scopes, and is rolled once', async () => {
  const merchant = await makeMerchant()
  const path = `/merchants/${merchant}/api_keys`
  const { body: old } = await call('ada', 'POST', path, { kind: 'secret', scopes: ['read', 'charges:raw_card'] })
  const worksOf = async (made: Answer['body']) =>
    (await directory.readApiKey(digestOf(String(made.key))))?.scopes ?? 'none'
  const scopes = new Set(['read', 'charges:raw_card'])
  const { status, body: next } = await call('ben', 'POST', `${path}/${old.id}/roll`, {})
  assert.deepEqual([status, next.scopes, next.created_by], [201, old.scopes, 'ben'])
  const replaced = next.replaces as { id: string; ends_at: string }
  assert.equal(replaced.id, old.id)
  const overlapMs = Date.parse(replaced.ends_at) - Date.now()
  assert.ok(Math.abs(overlapMs - 86_400_000) < 60_000, replaced.ends_at)
  assert.deepEqual([await worksOf(old), await worksOf(next)], [scopes, scopes])
  await assertInNoTable(String(next.key))

  const again = await call('ada', 'POST', `${path}/${old.id}/roll`, {})
  assert.deepEqual([again.status, /rolled before/.test(String(again.body.detail))], [409, true])
  const { body: last } = await call('ada', 'POST', `${path}/${next.id}/roll`, { overlap_seconds: 0 })
  assert.deepEqual([await worksOf(next), await worksOf(last)], ['none', scopes])
  await call('ada', 'DELETE', `${path}/${old.id}`)
  assert.equal(await worksOf(old), 'none')
})

test('an operator is told who the token’s owner is, and where the doors are', async () => {
  const { body } = await call('ben', 'GET', '/deployment')
  assert.deepEqual(body, {
    object: 'deployment',
    environment: 'sandbox',
    operator: 'ben',
    api_url: 'http://127.0.0.1:4000',
    relay_url: 'https://127.0.0.1:4001',
  })
})

test('a PSP account is stored sealed, tells what preflight found, and production takes no test money', async () => {
  const merchant = await makeMerchant()
  const path = `/merchants/${merchant}/psp_accounts`
  const account = {
    psp: 'sandbox',
    config: {},
    credentials: { secret_key: 'sk_sandbox_very_secret', webhook_secret: 'whsec_very_secret' },
  }
  const { body } = await call('ada', 'POST', path, account)
  assert.equal(body.webhook_url, `http://127.0.0.1:4000/v1/psp_webhooks/${body.id}`)
  assert.deepEqual(body.findings, [{ severity: 'warning', field: 'config.api_url', message: 'It is slow.' }])
  assert.equal((await directory.findPspAccount(body.id))?.credentials.webhook_secret, 'whsec_very_secret')
  const list = await call('ada', 'GET', path)
  assert.doesNotMatch(JSON.stringify([body, list.body]), /very_secret/)
  await assertInNoTable('very_secret')
  const production = makeAdmin({ ...config, environment: 'production' })
  const refused = await call('ada', 'POST', path, account, production)
  assert.deepEqual([refused.status, refused.body.code, refused.body.param], [400, 'parameter_invalid', 'psp'])
  // A stand-in of a real PSP moves no money either.
  const standIn = {
    psp: 'stripe',
    config: { api_url: 'https://127.0.0.1:1' },
    credentials: { secret_key: 'sk_live_1' },
  }
  const elsewhere = await call('ada', 'POST', path, standIn, production)
  assert.deepEqual([elsewhere.status, elsewhere.body.param], [400, 'config.api_url'])
})

test('an account is of its environment by its keys: where it is made, enabled, and found', async () => {
  const merchant = await makeMerchant()
  const path = `/merchants/${merchant}/psp_accounts`
  const account = (sample: Sample, config: object, credentials: object) => ({
    psp: sample.account.psp,
    config: { ...sample.account.config, ...config },
    credentials: { ...sample.account.credentials, ...credentials },
  })
  const liveKeys = { secret_key: `sk_live_${'1'.repeat(20)}`, publishable_key: `pk_live_${'1'.repeat(20)}` }
  const liveAdyen = { environment: 'live', client_key: `live_${'A'.repeat(30)}`, live_url_prefix: '1797a841-Shop' }
  const told: unknown[] = []
  const listening = { ...log, error: (_message: string, fields?: LogFields) => void told.push(fields?.psp_account) }
  const others = await openDirectory({ ...config, environment: 'production' }, pool, vault, listening)
  const production = makeAdmin({ ...config, environment: 'production' }, others)
  try {
    for (const [sample, liveConfig, liveCredentials] of [
      [stripe, {}, liveKeys],
      [adyen, liveAdyen, {}],
    ] as const) {
      const [ofTest, live] = [account(sample, {}, {}), account(sample, liveConfig, liveCredentials)]
      for (const [server, wrong] of [
        [production, ofTest],
        [admin, live],
      ] as const) {
        const { status, body } = await call('ada', 'POST', path, wrong, server)
        assert.deepEqual([status, body.code], [400, 'parameter_invalid'], `${sample.account.psp}: ${body.detail}`)
      }
      assert.equal((await call('ada', 'POST', path, live, production)).status, 201)
      // As in a database that was copied.
      const { id } = (await call('ada', 'POST', path, ofTest)).body
      assert.notEqual(await directory.findPspAccount(id), null)
      assert.equal(await others.findPspAccount(id), null)
      assert.equal(told.at(-1), id)
      for (const accounts of [await others.listPspAccounts(merchant), await others.listRoutableAccounts(merchant)])
        assert.ok(accounts.length > 0 && accounts.every((one) => one.id !== id))
      const enabled = await call('ada', 'POST', `${path}/${id}/enable`, {}, production)
      assert.deepEqual([enabled.status, enabled.body.param], [400, 'account'])
    }
  } finally {
    await others.close()
  }
})

test('a grant asked for with dates or ranges that say nothing is refused, and names the field', async () => {
  const merchant = await makeMerchant()
  const cases: [change: Partial<typeof grantRequest>, param: string][] = [
    [{ evidence_date: '2026-11-24' }, 'evidence_date'],
    [{ evidence_date: '2026-02-30' }, 'evidence_date'],
    [{ evidence_date: '2025-11-01', valid_until: '2026-11-22' }, 'valid_until'],
    [{ valid_until: '2027-11-02' }, 'valid_until'],
    [{ address_ranges: [] }, 'address_ranges'],
    [{ address_ranges: ['10.0.0.0/8', '0.0.0.0/0'] }, 'address_ranges.1'],
    [{ address_ranges: ['10.0.0.1/8'] }, 'address_ranges.0'],
    [{ address_ranges: ['::ffff:10.0.0.0/104'] }, 'address_ranges.0'],
    [{ address_ranges: ['::ffff:0:0/96'] }, 'address_ranges.0'],
    [{ address_ranges: ['::ffff:a00:0/104'] }, 'address_ranges.0'],
    [{ address_ranges: ['::ffff:a00:1/128'] }, 'address_ranges.0'],
    [{ address_ranges: ['::/16'] }, 'address_ranges.0'],
    [{ address_ranges: ['10.0.0.0'] }, 'address_ranges.0'],
    [{ address_ranges: ['010.0.0.0/8'] }, 'address_ranges.0'],
    [{ certificate_fingerprints: [sha.toUpperCase()] }, 'certificate_fingerprints.0'],
    [{ evidence_sha256: 'ab' }, 'evidence_sha256'],
  ]
  for (const [change, param] of cases) {
    const { status, body } = await call('ada', 'POST', `/merchants/${merchant}/raw_card_grants`, {
      ...grantRequest,
      ...change,
    })
    assert.deepEqual([status, body.param], [400, param], JSON.stringify(body))
  }
})

test('asking and approving are two operators, in the code and in the table', async () => {
  const merchant = await makeMerchant()
  const path = `/merchants/${merchant}/raw_card_grants`
  const { body: grant } = await call('ada', 'POST', path, grantRequest)
  const own = await call('ada', 'POST', `${path}/${grant.id}/approve`)
  assert.deepEqual([own.status, own.body.code], [403, 'two_operators_required'])
  await assert.rejects(
    pool.query(`update raw_card_grants set status = 'active', approved_by = 'ada' where id = $1`, [grant.id]),
    { code: '23514' },
  )
  const { body: approved } = await call('ben', 'POST', `${path}/${grant.id}/approve`)
  assert.deepEqual([approved.status, approved.requested_by, approved.approved_by], ['active', 'ada', 'ben'])
})

test('next year’s grant is asked for while this year’s holds, and takes over when it is approved', async () => {
  const merchant = await makeMerchant()
  const path = `/merchants/${merchant}/raw_card_grants`
  const { body: first } = await call('ada', 'POST', path, grantRequest)
  await call('ben', 'POST', `${path}/${first.id}/approve`)
  const { body: second } = await call('ben', 'POST', path, grantRequest)
  assert.equal((await call('ada', 'POST', `${path}/${second.id}/approve`)).status, 200)
  const { body: list } = await call('ada', 'GET', path)
  assert.deepEqual(
    list.data.map((grant) => [grant.id, grant.status]),
    [
      [second.id, 'active'],
      [first.id, 'revoked'],
    ],
  )
})

test('two operators who approve at the same moment make one grant active', async () => {
  const merchant = await makeMerchant()
  const path = `/merchants/${merchant}/raw_card_grants`
  const { body: grant } = await call('ada', 'POST', path, grantRequest)
  const answers = await Promise.all([1, 2, 3].map(() => call('ben', 'POST', `${path}/${grant.id}/approve`)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409])
})

test('a grant warns at 60, 30 and 7 days, once each, and lapses by itself after its last day', async () => {
  const merchant = await makeMerchant()
  const path = `/merchants/${merchant}/raw_card_grants`
  const { body: grant } = await call('ada', 'POST', path, grantRequest)
  await call('ben', 'POST', `${path}/${grant.id}/approve`)
  const days = [
    '2027-09-01',
    '2027-09-02',
    '2027-09-03',
    '2027-10-02',
    '2027-10-25',
    '2027-10-26',
    '2027-11-01',
    '2027-11-02',
    '2027-11-03',
  ]
  for (const day of days) {
    const at = { pool, log, now: () => new Date(`${day}T08:00:00Z`) }
    await Promise.all([lapseGrants(at), lapseGrants(at)])
  }
  const { rows } = await pool.query(
    `select type, details->>'days_left' as days from audit_records where resource = $1 and actor = 'lapse_grants' order by id`,
    [grant.id],
  )
  assert.deepEqual(
    rows.map((row) => `${row.type} ${row.days}`),
    [
      'raw_card_grant.lapse_warning 60',
      'raw_card_grant.lapse_warning 30',
      'raw_card_grant.lapse_warning 7',
      'raw_card_grant.expire null',
    ],
  )
  const { body: list } = await call('ada', 'GET', path)
  assert.equal(list.data[0]?.status, 'expired')
  const { data: notices } = (await call('ada', 'GET', `/notices?merchant=${merchant}`)).body
  assert.deepEqual(
    notices.map(
      (notice) => `${notice.kind} ${String(notice.subject).replace(/^.*: /, '')} ${notice.about === grant.id}`,
    ),
    [
      'raw_card_grant_expired the raw-card grant has ended true',
      'raw_card_grant_lapsing the raw-card grant ends in 7 days true',
      'raw_card_grant_lapsing the raw-card grant ends in 30 days true',
      'raw_card_grant_lapsing the raw-card grant ends in 60 days true',
    ],
  )
})

test('held and flagged PSP events are listed, and replayed once', async () => {
  const merchant = await makeMerchant()
  const account = { psp: 'sandbox', config: {}, credentials: { webhook_secret: 'w' } }
  const { body } = await call('ada', 'POST', `/merchants/${merchant}/psp_accounts`, account)
  await pool.query(
    `insert into psp_events (merchant_id, psp_account_id, event_id, type, event, state, tries, next_try_at)
     select $1, $2, 'wev_' || state, 'payment.captured', '{}', state, 3, now() + interval '1 hour'
     from unnest(array['held', 'flagged', 'applied']) as state`,
    [merchant, body.id],
  )
  const list = (await call('ada', 'GET', `/held_psp_events?merchant=${merchant}`)).body.data
  assert.deepEqual(list.map((event) => event.state).sort(), ['flagged', 'held'])
  const before = woken
  const first = await call('ada', 'POST', `/held_psp_events/${body.id}:wev_held/replay`)
  const second = await call('ada', 'POST', `/held_psp_events/${body.id}:wev_held/replay`)
  assert.deepEqual(
    [first.status, first.body.state, first.body.tries, second.status, woken - before],
    [200, 'received', 0, 409, 1],
  )
  const applied = await call('ada', 'POST', `/held_psp_events/${body.id}:wev_applied/replay`)
  assert.equal(applied.body.code, 'conflict')
})

test('attempts without an outcome are listed with their age and why', async () => {
  const merchant = await makeMerchant()
  const account = (
    await call('ada', 'POST', `/merchants/${merchant}/psp_accounts`, {
      psp: 'sandbox',
      config: {},
      credentials: { webhook_secret: 'w' },
    })
  ).body.id
  await pool.query(
    `insert into attempts (merchant_id, id, kind, state, psp_account_id, charge_id, amount, next_lookup_at, lookups, sent_at)
     values ($1, 'att_1', 'authorize', 'unknown', $2, 'ch_1', 1000, $3, 4, $3::timestamptz - interval '90 seconds'),
            ($1, 'att_2', 'authorize', 'sent', $2, 'ch_2', 1000, $3, 0, $3::timestamptz - interval '5 seconds')`,
    [merchant, account, now()],
  )
  const { body } = await call('ada', 'GET', `/unresolved_attempts?merchant=${merchant}`)
  assert.deepEqual(
    body.data.map((attempt) => [attempt.id, attempt.charge, attempt.age_seconds, attempt.lookups]),
    [['att_1', 'ch_1', 90, 4]],
  )
  assert.match(String(body.data[0]?.why), /may or may not have acted/)
  assert.equal(
    (await call('ada', 'GET', `/unresolved_attempts?merchant=${merchant}&older_than_seconds=0`)).body.data.length,
    2,
  )
})

test('lists come in pages that miss and repeat nothing', async () => {
  const merchant = await makeMerchant()
  for (let count = 0; count < 5; count++)
    await call('ada', 'POST', `/merchants/${merchant}/api_keys`, { kind: 'secret' })
  const seen: unknown[] = []
  let cursor = ''
  for (let more = true; more; ) {
    const { body } = await call('ada', 'GET', `/merchants/${merchant}/api_keys?limit=2${cursor}`)
    seen.push(...body.data.map((key) => key.id))
    cursor = `&starting_after=${body.data.at(-1)?.id}`
    more = body.has_more === true
  }
  assert.deepEqual([seen.length, new Set(seen).size], [5, 5])
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'unknown=1', 'starting_after=%00']) {
    assert.equal((await call('ada', 'GET', `/merchants?${query}`)).status, 400, query)
  }
})

test('operators are made once, get a new token by name, and may not share one', async () => {
  const other = openPool(database.appUrl, 1)
  const count = async () =>
    Number((await other.query(`select count(*) from audit_records where type = 'operator.set_token'`)).rows[0].count)
  const before = await count()
  await upsertOperators(other, [{ name: 'cleo', token: 'c'.repeat(32) }])
  await upsertOperators(other, [{ name: 'cleo', token: 'c'.repeat(32) }])
  await upsertOperators(other, [{ name: 'cleo', token: 'd'.repeat(32) }])
  assert.equal((await count()) - before, 2)
  await assert.rejects(
    upsertOperators(other, [
      { name: 'x', token: 'e'.repeat(32) },
      { name: 'y', token: 'e'.repeat(32) },
    ]),
    /same token/,
  )
  await other.end()
})

async function assertInNoTable(secret: string): Promise<void> {
  const { rows: tables } = await pool.query(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'schema_migrations'`,
  )
  for (const { name } of tables) {
    const { rows } = await pool.query(
      `select count(*) as found from ${name} t where position($1 in t::text) > 0 or position(encode($1::bytea, 'hex') in t::text) > 0`,
      [secret],
    )
    assert.equal(rows[0].found, 0n, `${name} holds a secret`)
  }
}

test('a refused call is in the audit log whatever stands in its path, and what is no id there is not', async () => {
  const merchant = await makeMerchant()
  const before = (await pool.query('select coalesce(max(id), 0) as last from audit_records')).rows[0].last
  for (const part of ['key_%00%EF%BF%BE', 'k'.repeat(300), '4111111111111111']) {
    const { status } = await call('ada', 'DELETE', `/merchants/${merchant}/api_keys/${part}`)
    assert.equal(status, part.startsWith('4') ? 403 : 404)
  }
  assert.equal((await call('ada', 'DELETE', '/merchants/%00/api_keys/k')).status, 404)
  const { rows } = await pool.query(
    `select resource, merchant_id from audit_records where id > $1 and type = 'api_key.revoke' order by id`,
    [before],
  )
  assert.deepEqual(rows, [
    { resource: '…', merchant_id: merchant },
    { resource: 'k'.repeat(300), merchant_id: merchant },
    { resource: '…', merchant_id: merchant },
    { resource: 'k', merchant_id: '…' },
  ])
})

test('who guesses tokens is soon not heard at all, and operators who work are', async () => {
  const server = makeAdmin(config)
  const ask = async (token: string, from: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await server.inject({ url: '/admin/v1/merchants', remoteAddress: from, headers })).statusCode
  }
  const from = '198.51.100.7'
  assert.equal(await ask(operators.ada, from), 200)
  const answers: number[] = []
  for (let tries = 0; tries < 310; tries++) answers.push(await ask(`guess-${tries}`.padEnd(32, 'x'), from))
  assert.equal(answers.filter((status) => status === 401).length, 299)
  assert.equal(answers.at(-1), 429)
  assert.equal(await ask(operators.ada, from), 200)
  assert.equal(await ask(operators.ben, '198.51.100.8'), 200)
  await server.close()
})
