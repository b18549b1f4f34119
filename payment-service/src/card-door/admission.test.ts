import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Caller } from '@fincore/api-contract/card-door'
import type { ErrorCode } from '@fincore/api-contract/errors'
import { createTestDatabase, type TestDatabase } from '@fincore/dev/test-database'
import { type Config, loadConfig } from '../config.ts'
import { newId } from '../ids.ts'
import { createLog } from '../log.ts'
import { recordsNothing } from '../observability/metrics.ts'
import { noTracing } from '../observability/tracing.ts'
import { createVault } from '../secrets.ts'
import type { App } from '../server/server.ts'
import { insertApiKey } from '../store/api-keys.ts'
import { type Directory, openDirectory } from '../store/directory.ts'
import { activateGrant, type Grant, insertGrant, type NewGrant, setGrantStatus } from '../store/grants.ts'
import { insertMerchant } from '../store/merchants.ts'
import { openPool, type Pool } from '../store/pool.ts'
import { mostExemptions } from '../store/tripwire-exemptions.ts'
import { type CardChargeFlow, createInternalServerFor } from './internal-server.ts'

const certificate = 'ab'.repeat(32)
const token = 'i'.repeat(40)
let today = '2026-11-23'
let database: TestDatabase
let pool: Pool
let directory: Directory
let config: Config
let server: App
const begun: Parameters<CardChargeFlow['begin']>[0][] = []
const log = createLog('silent')

before(async () => {
  database = await createTestDatabase()
  pool = openPool(database.appUrl, 4)
  config = loadConfig({
    DATABASE_URL: database.appUrl,
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    INTERNAL_TOKEN: token,
    PUBLIC_URL: 'http://127.0.0.1:4000',
    RELAY_URL: 'https://127.0.0.1:4001',
  })
  directory = await openDirectory(config, pool, createVault(Buffer.alloc(32)), log)
  server = createInternalServerFor(
    {
      config,
      pool,
      directory,
      log,
      metrics: recordsNothing,
      tracing: noTracing,
      now: () => new Date(`${today}T12:00:00Z`),
    },
    {
      async begin(input) {
        begun.push(input)
        return { status: 201, body: {}, replayed: false }
      },
      async continue(attempt, report) {
        return { status: 201, body: { attempt, report }, replayed: false }
      },
    },
  )
})
after(async () => {
  await server.close()
  await directory.close()
  await pool.end()
  await database.drop()
})

type Setup = {
  scopes?: string[]
  kind?: 'secret' | 'publishable'
  revoked?: boolean
  grant?: Partial<NewGrant> & { status?: Grant['status'] | 'none' }
}

/** A merchant of its own that may send cards, apart from what the case changes; and the caller that it would be. */
async function makeCaller(
  setup: Setup = {},
): Promise<Caller & { keyDigest: string; key: string; merchant: string; grant: Grant | null }> {
  const merchant = newId('merchant')
  await insertMerchant(pool, merchant, 'Shop')
  const secret = newId('apiKey')
  const digest = createHash('sha256').update(secret).digest()
  const kind = setup.kind ?? 'secret'
  const key = {
    merchantId: merchant,
    id: newId('apiKey'),
    kind,
    digest,
    hint: '',
    publishableKey: kind === 'secret' ? null : secret,
    createdBy: 'ada',
  }
  await insertApiKey(pool, { ...key, scopes: setup.scopes ?? ['charges:raw_card'] })
  if (setup.revoked) await pool.query('update api_keys set revoked_at = now() where id = $1', [key.id])
  const { status = 'active', ...change } = setup.grant ?? {}
  let grant: Grant | null = null
  if (status !== 'none') {
    grant = await insertGrant(pool, merchant, newId('grant'), 'ada', {
      evidenceKind: 'roc_aoc',
      evidenceReference: 'AOC',
      evidenceSha256: certificate,
      evidenceDate: '2026-01-01',
      validUntil: '2026-12-31',
      addressRanges: ['10.0.0.0/8', '2001:db8::/32'],
      certificateFingerprints: ['cd'.repeat(32), certificate],
      ...change,
    })
    if (status !== 'requested') grant = await setGrantStatus(pool, await activateGrant(pool, grant, 'ben'), status)
  }
  return {
    keyDigest: digest.toString('hex'),
    key: key.id,
    certificateFingerprint: certificate,
    sourceAddress: '10.1.2.3',
    merchant,
    grant,
  }
}

async function post(path: string, body: object, bearer = token) {
  const response = await server.inject({
    method: 'POST',
    url: path,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    payload: body,
  })
  return { status: response.statusCode, body: response.json() }
}
async function ask({
  keyDigest,
  certificateFingerprint,
  sourceAddress,
}: Caller): Promise<{ decision: string; code: string | null; status: number | null }> {
  const { status, body } = await post('/internal/admission', {
    requestId: 'req_1',
    caller: { keyDigest, certificateFingerprint, sourceAddress },
  })
  assert.equal(status, 200, JSON.stringify(body))
  const problem = body.reply === undefined ? null : JSON.parse(body.reply.body)
  return { decision: body.decision, code: problem?.code ?? null, status: body.reply?.status ?? null }
}

const matrix: [name: string, setup: Setup, caller: Partial<Caller>, refusal: ErrorCode | null][] = [
  ['everything holds', {}, {}, null],
  ['no key', {}, { keyDigest: null }, 'raw_card_key_invalid'],
  ['an unknown key', {}, { keyDigest: '00'.repeat(32) }, 'raw_card_key_invalid'],
  ['a revoked key', { revoked: true }, {}, 'raw_card_key_invalid'],
  ['a publishable key', { kind: 'publishable' }, {}, 'raw_card_key_invalid'],
  ['a key without the scope', { scopes: ['charges:write'] }, {}, 'raw_card_scope_missing'],
  ['no grant', { grant: { status: 'none' } }, {}, 'raw_card_grant_missing'],
  ['a grant that waits for approval', { grant: { status: 'requested' } }, {}, 'raw_card_grant_not_approved'],
  ['a suspended grant', { grant: { status: 'suspended' } }, {}, 'raw_card_grant_suspended'],
  ['an expired grant', { grant: { status: 'expired' } }, {}, 'raw_card_grant_expired'],
  [
    'a grant that lapsed and was not looked at yet',
    { grant: { validUntil: '2026-11-22' } },
    {},
    'raw_card_grant_expired',
  ],
  ['a grant on its last day', { grant: { validUntil: '2026-11-23' } }, {}, null],
  ['a revoked grant', { grant: { status: 'revoked' } }, {}, 'raw_card_grant_revoked'],
  ['no certificate', {}, { certificateFingerprint: null }, 'client_certificate_required'],
  ['another certificate', {}, { certificateFingerprint: 'ef'.repeat(32) }, 'client_certificate_not_registered'],
  ['another address', {}, { sourceAddress: '11.0.0.1' }, 'source_address_not_allowed'],
  ['an IPv6 address in a range', {}, { sourceAddress: '2001:DB8:0:0::7' }, null],
  ['an IPv6 address in none', {}, { sourceAddress: '2001:db9::7' }, 'source_address_not_allowed'],
  ['IPv4 inside IPv6, in a range', {}, { sourceAddress: '::ffff:10.1.2.3' }, null],
  ['the same in hexadecimal', {}, { sourceAddress: '::ffff:a01:203' }, null],
  ['IPv4 inside IPv6, in none', {}, { sourceAddress: '::ffff:11.1.2.3' }, 'source_address_not_allowed'],
  ['an address that is none', {}, { sourceAddress: 'localhost' }, 'source_address_not_allowed'],
  // The order: the first thing that is missing is named.
  [
    'no scope, no grant, no certificate',
    { scopes: ['read'], grant: { status: 'none' } },
    { certificateFingerprint: null },
    'raw_card_scope_missing',
  ],
  [
    'a suspended grant, another address',
    { grant: { status: 'suspended' } },
    { sourceAddress: '11.0.0.1' },
    'raw_card_grant_suspended',
  ],
  [
    'no certificate, another address',
    {},
    { certificateFingerprint: null, sourceAddress: '11.0.0.1' },
    'client_certificate_required',
  ],
]
for (const [name, setup, change, refusal] of matrix) {
  test(`admission: ${name} → ${refusal ?? 'admit'}`, async () => {
    const answer = await ask({ ...(await makeCaller(setup)), ...change })
    assert.deepEqual(
      answer,
      refusal === null
        ? { decision: 'admit', code: null, status: null }
        : { decision: 'refuse', code: refusal, status: 403 },
    )
  })
}

test('the relay is told the exempt keys of metadata, but never one that names card data', async () => {
  const caller = await makeCaller()
  const exempted = async () => {
    const { keyDigest, certificateFingerprint, sourceAddress } = caller
    const { body } = await post('/internal/admission', {
      requestId: 'req_1',
      caller: { keyDigest, certificateFingerprint, sourceAddress },
    })
    return body
  }
  assert.deepEqual(await exempted(), { decision: 'admit', exemptKeys: [] })
  // The admin API refuses the other names. They are what another program could write into the table.
  for (const name of ['order_no', 'card_number', 'CVC', 'pan', 'x'.repeat(40)])
    await pool.query(
      'insert into tripwire_exemptions (merchant_id, metadata_key, reason, set_by) values ($1, $2, $3, $3)',
      [caller.merchant, name, 'test'],
    )
  const expected = ['order_no', 'x'.repeat(40)]
  for (let waited = 0; (await exempted()).exemptKeys.length === 0; waited += 5) {
    assert.ok(waited < 500, 'the change was announced')
    await sleep(5)
  }
  await sleep(50)
  assert.deepEqual((await exempted()).exemptKeys.sort(), expected)
  for (let index = 0; index < 20; index++)
    await pool.query(
      'insert into tripwire_exemptions (merchant_id, metadata_key, reason, set_by) values ($1, $2, $3, $3)',
      [caller.merchant, `more_${index}`, 'test'],
    )
  await sleep(600)
  assert.equal((await exempted()).exemptKeys.length, mostExemptions)
})

test('a revocation closes the door at once, for the admission and for a charge that was admitted before', async () => {
  const caller = await makeCaller()
  assert.equal((await ask(caller)).decision, 'admit')
  assert.ok(caller.grant)
  await setGrantStatus(pool, caller.grant, 'revoked')
  for (let waited = 0; (await ask(caller)).decision === 'admit'; waited += 5) {
    assert.ok(waited < 500, 'the change was announced')
    await sleep(5)
  }
  const { body } = await charge(caller)
  assert.equal(JSON.parse(body.reply.body).code, 'raw_card_grant_revoked')
})

test('a grant in force decides, although another waits for approval', async () => {
  const caller = await makeCaller()
  assert.ok(caller.grant)
  await insertGrant(pool, caller.merchant, newId('grant'), 'ada', { ...caller.grant })
  assert.equal((await ask(caller)).decision, 'admit')
})

test('the day after its last, a grant that was admitted is refused', async () => {
  const caller = await makeCaller({ grant: { validUntil: '2026-11-23' } })
  assert.equal((await ask(caller)).decision, 'admit')
  today = '2026-11-24'
  assert.equal((await ask(caller)).code, 'raw_card_grant_expired')
  today = '2026-11-23'
})

test('refusals are in the audit log: the first at once, repeats as a count; admissions are not', async () => {
  const caller = await makeCaller({ grant: { status: 'suspended' } })
  const admitted = await makeCaller()
  for (let round = 0; round < 20; round++) await Promise.all([ask(caller), ask(admitted)])
  await sleep(50)
  const { rows } = await pool.query(
    'select type, outcome, origin, resource, details, merchant_id from audit_records where merchant_id = any($1)',
    [[caller.merchant, admitted.merchant]],
  )
  assert.deepEqual(rows, [
    {
      type: 'raw_card.admission',
      outcome: 'refused',
      origin: '10.1.2.3',
      resource: caller.grant?.id,
      details: { code: 'raw_card_grant_suspended', certificate, count: 1 },
      merchant_id: caller.merchant,
    },
  ])
})

test('made-up keys of one address are one record and a count, and another address has a record of its own', async () => {
  const since = (await pool.query('select coalesce(max(id), 0) as id from audit_records')).rows[0].id
  const caller = { ...(await makeCaller()), certificateFingerprint: null }
  const addresses = ['203.0.113.7', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '203.0.113.8']
  for (let round = 0; round < 20; round++)
    await Promise.all(
      addresses.map((sourceAddress) => ask({ ...caller, keyDigest: randomBytes(32).toString('hex'), sourceAddress })),
    )
  await sleep(100)
  const { rows } = await pool.query(
    `select origin, actor, details ->> 'count' as count from audit_records where id > $1 order by origin`,
    [since],
  )
  // Of the two IPv6 addresses, which are one network, either may be the first.
  assert.deepEqual(
    rows.map(({ origin, actor, count }) => [origin.replace(/:2:.*/, ':2::'), actor, count]),
    [
      ['2001:db8:1:2::', 'unknown', '1'],
      ['203.0.113.7', 'unknown', '1'],
      ['203.0.113.8', 'unknown', '1'],
    ],
  )
})

const card = { brand: 'visa', first6: '411111', last4: '1111', length: 16, luhnOk: true, cvcLength: 3 } as const
function charge({ keyDigest, certificateFingerprint, sourceAddress }: Caller, blankedBody = '{"amount":1}') {
  return post('/internal/card_charges', {
    requestId: 'req_2',
    caller: { keyDigest, certificateFingerprint, sourceAddress },
    idempotencyKey: 'k',
    blankedBody,
    card,
  })
}

test('an admitted charge reaches the flow with its merchant, a report with its attempt', async () => {
  const caller = await makeCaller()
  const { body } = await charge(caller)
  assert.equal(body.reply.status, 201)
  assert.deepEqual(begun.at(-1), {
    merchantId: caller.merchant,
    idempotencyKey: 'k',
    blankedBody: '{"amount":1}',
    card,
    use: {
      keyId: caller.key,
      grantId: caller.grant?.id,
      certificateFingerprint: certificate,
      sourceAddress: '10.1.2.3',
      requestId: 'req_2',
    },
  })
  const attempt = newId('attempt')
  for (const report of [
    { status: 200, headers: { a: 'b' }, body: 'x'.repeat(60_000) },
    { failure: 'reset', requestWasSent: true },
  ]) {
    const { body } = await post(`/internal/card_charges/${attempt}/report`, report)
    assert.deepEqual(JSON.parse(body.reply.body), { attempt, report })
  }
})

test('a body of 64 KiB passes, although it is escaped; a second card inside it does not', async () => {
  const caller = await makeCaller()
  const large = JSON.stringify({ description: '"'.repeat(32_000) }).slice(0, 65_536)
  assert.equal((await charge(caller, large)).body.reply.status, 201)
  const count = begun.length
  // The second one escapes its first digit, which makes the number none in the text that the body is to the outer JSON.
  for (const second of ['4111 1111 1111 1111', '\\u0034111111111111111']) {
    const { body } = await charge(caller, `{"payment_method":{"card":{"number":"****"}},"description":"${second}"}`)
    assert.equal(JSON.parse(body.reply.body).code, 'card_data_not_accepted_here')
  }
  assert.equal(begun.length, count)
  const { body } = await charge(caller, '{"payment_method":{"card":{"number":"****","cvc":"***"}},"amount":1}')
  assert.equal(body.reply.status, 201)
})

test('what the relay refused for a card number in another field is audited with its key, its merchant and the field', async () => {
  const known = await makeCaller()
  const revoked = await makeCaller({ revoked: true })
  const send = ({ keyDigest, certificateFingerprint, sourceAddress }: Caller, param: unknown = 'metadata') =>
    post('/internal/stray_numbers', {
      requestId: 'req_3',
      caller: { keyDigest, certificateFingerprint, sourceAddress },
      param,
    })
  for (const caller of [known, { ...revoked, sourceAddress: '10.9.9.9' }])
    assert.deepEqual(await send(caller), { status: 200, body: { taken: true } })
  for (const param of ['4111111111111111', 'a.b', '', 'x'.repeat(65), 7])
    assert.equal((await send(known, param)).status, 400)
  await sleep(50)
  const { rows } = await pool.query(
    `select actor_type, actor, outcome, merchant_id, resource, details from audit_records
     where type = 'card_data.send' and details ->> 'request' = 'req_3' order by actor_type`,
  )
  const record = { outcome: 'refused', resource: 'POST /v1/charges' }
  const details = { code: 'card_data_not_accepted_here', param: 'metadata', request: 'req_3', count: 1 }
  assert.deepEqual(rows, [
    { ...record, actor_type: 'anonymous', actor: 'unknown', merchant_id: null, details },
    { ...record, actor_type: 'merchant', actor: known.key, merchant_id: known.merchant, details },
  ])
})

test('nobody but the relay is heard, and only in its own words', async () => {
  const caller = { keyDigest: null, certificateFingerprint: null, sourceAddress: '10.0.0.1' }
  assert.equal((await post('/internal/admission', { requestId: 'r', caller }, 'x'.repeat(40))).status, 401)
  assert.equal(
    (await post('/internal/admission', { requestId: 'r', caller: { ...caller, keyDigest: 'AB' } })).status,
    400,
  )
  assert.equal((await post('/internal/admission', { requestId: 'r', caller, more: 1 })).status, 400)
  assert.equal(
    (await post('/internal/card_charges/ch_1/report', { failure: 'reset', requestWasSent: true })).status,
    400,
  )
  assert.equal(
    (await post(`/internal/card_charges/${newId('attempt')}/report`, { failure: 'lost', requestWasSent: true })).status,
    400,
  )
})

test('a merchant who has its share of what can be worked on hears so before the card is read, and a report is always taken', async () => {
  const caller = await makeCaller()
  const full = createInternalServerFor(
    {
      config,
      pool,
      directory,
      log,
      metrics: recordsNothing,
      tracing: noTracing,
      now: () => new Date(`${today}T12:00:00Z`),
    },
    {
      begin: () => Promise.reject(new Error('It was begun')),
      continue: async () => ({ status: 201, body: {}, replayed: false }),
    },
    { hasRoomFor: (merchant) => merchant !== caller.merchant, enter: () => null },
  )
  const { keyDigest, certificateFingerprint, sourceAddress } = caller
  const asked = { requestId: 'req_1', caller: { keyDigest, certificateFingerprint, sourceAddress } }
  const send = async (url: string, payload: object) =>
    (await full.inject({ method: 'POST', url, headers: { authorization: `Bearer ${token}` }, payload })).json()
  const card = { brand: 'visa', first6: '424242', last4: '4242', length: 16, luhnOk: true, cvcLength: 3 }
  const admission = await send('/internal/admission', asked)
  const charge = await send('/internal/card_charges', { ...asked, idempotencyKey: 'k', blankedBody: '{}', card })
  assert.deepEqual([admission.decision, charge.do], ['refuse', 'reply'])
  for (const { reply } of [admission, charge]) {
    assert.deepEqual([reply.status, JSON.parse(reply.body).code], [503, 'overloaded'])
    assert.match(reply.headers['retry-after'], /^[1-9]$/)
  }
  const report = await send(`/internal/card_charges/${newId('attempt')}/report`, {
    failure: 'reset',
    requestWasSent: true,
  })
  assert.equal(report.reply.status, 201)
  await full.close()
})
