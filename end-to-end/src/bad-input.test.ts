import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type ErrorCode, errorTable } from '@fincore/api-contract/errors'
import { findTraces, formsOf, makeCanary, readWorldFiles } from './card-traces.ts'
import { listDoors, sendMalformed, shapes } from './malformed-requests.ts'
import { type Answer, eventually, type StartedWorld, startWorld, tokenCharge } from './world.ts'

const good = { amount: 1000, currency: 'EUR', payment_method: { type: 'token', token: 'tok_x' } }
const session = {
  amount: 1000,
  currency: 'EUR',
  success_url: 'https://shop.example/ok',
  cancel_url: 'https://shop.example/no',
}
const unknownCharge = `ch_${'0'.repeat(26)}`

/** What is sent, and the code and param of the problem that comes back. */
const bodies: [what: string, path: string, body: unknown, code: ErrorCode, param: string | null][] = [
  ['a missing amount', '/v1/charges', { ...good, amount: undefined }, 'parameter_missing', 'amount'],
  [
    'a missing token',
    '/v1/charges',
    { ...good, payment_method: { type: 'token' } },
    'parameter_missing',
    'payment_method.token',
  ],
  ['an unknown field', '/v1/charges', { ...good, amout: 5 }, 'parameter_unknown', 'amout'],
  [
    'an unknown nested field',
    '/v1/charges',
    { ...good, payment_method: { ...good.payment_method, cvv: '1' } },
    'parameter_unknown',
    'payment_method.cvv',
  ],
  ['an amount of zero', '/v1/charges', { ...good, amount: 0 }, 'parameter_invalid', 'amount'],
  ['a negative amount', '/v1/charges', { ...good, amount: -1000 }, 'parameter_invalid', 'amount'],
  ['a fraction of a cent', '/v1/charges', { ...good, amount: 10.5 }, 'parameter_invalid', 'amount'],
  ['a huge amount', '/v1/charges', { ...good, amount: 1e12 }, 'parameter_invalid', 'amount'],
  ['an amount past every integer', '/v1/charges', { ...good, amount: 1e300 }, 'parameter_invalid', 'amount'],
  ['an amount as text', '/v1/charges', { ...good, amount: '1000' }, 'parameter_invalid', 'amount'],
  ['an unknown currency', '/v1/charges', { ...good, currency: 'XQZ' }, 'currency_unsupported', 'currency'],
  ['a currency in small letters', '/v1/charges', { ...good, currency: 'eur' }, 'parameter_invalid', 'currency'],
  [
    'an over-long description',
    '/v1/charges',
    { ...good, description: 'x'.repeat(256) },
    'parameter_invalid',
    'description',
  ],
  ['a NUL byte', '/v1/charges', { ...good, description: 'a\u0000b' }, 'parameter_invalid', 'description'],
  ['half a surrogate pair', '/v1/charges', { ...good, description: 'a\ud800b' }, 'parameter_invalid', 'description'],
  ['an array for an object', '/v1/charges', { ...good, metadata: [] }, 'parameter_invalid', 'metadata'],
  ['a number in metadata', '/v1/charges', { ...good, metadata: { order: 1 } }, 'parameter_invalid', 'metadata.order'],
  [
    'a return_url that is none',
    '/v1/charges',
    { ...good, return_url: 'javascript:alert(1)' },
    'parameter_invalid',
    'return_url',
  ],
  [
    'another merchant’s PSP account',
    '/v1/charges',
    { ...good, psp_account: `pspa_${'0'.repeat(26)}` },
    'psp_account_missing',
    'psp_account',
  ],
  [
    'a token of another merchant’s PSP account',
    '/v1/charges',
    { ...good, payment_method: { ...good.payment_method, psp_account: `pspa_${'0'.repeat(26)}` } },
    'psp_account_missing',
    'payment_method.psp_account',
  ],
  [
    'a session without success_url',
    '/v1/payment_sessions',
    { ...session, success_url: undefined },
    'parameter_missing',
    'success_url',
  ],
  [
    'a session that lasts for ever',
    '/v1/payment_sessions',
    { ...session, expires_in: 1e9 },
    'parameter_invalid',
    'expires_in',
  ],
  [
    'a session with a broken line item',
    '/v1/payment_sessions',
    { ...session, line_items: [{ name: 'x', quantity: 0, amount: 1 }] },
    'parameter_invalid',
    'line_items.0.quantity',
  ],
  ['a refund of nothing', '/v1/refunds', { charge: unknownCharge, amount: 0 }, 'parameter_invalid', 'amount'],
  ['a refund of an unknown charge', '/v1/refunds', { charge: unknownCharge }, 'resource_not_found', 'charge'],
  ['a refund of an id that is none', '/v1/refunds', { charge: '../../etc' }, 'parameter_invalid', 'charge'],
  ['a capture of an unknown charge', `/v1/charges/${unknownCharge}/capture`, {}, 'resource_not_found', 'id'],
  [
    'a cancel with a body it does not know',
    `/v1/charges/${unknownCharge}/cancel`,
    { force: true },
    'parameter_unknown',
    'force',
  ],
  [
    'a webhook endpoint at a private address',
    '/v1/webhook_endpoints',
    { url: 'https://10.0.0.1/hook' },
    'webhook_url_not_allowed',
    'url',
  ],
]

describe('bad input', () => {
  let world: StartedWorld
  let otherMerchant: string
  before(async () => {
    world = await startWorld({ ownPostgres: true })
    const { admin, operators } = world.fincore.dev
    const bearer = operators[0]?.token ?? ''
    const merchant = await world.http.json<{ id: string }>('POST', `${admin}/admin/v1/merchants`, {
      bearer,
      json: { name: 'Another merchant' },
    })
    otherMerchant = (
      await world.http.json<{ key: string }>('POST', `${admin}/admin/v1/merchants/${merchant.id}/api_keys`, {
        bearer,
        json: { kind: 'secret' },
      })
    ).key
  })
  after(() => world.close())

  const counts = async () => {
    const tables = [
      'charges',
      'attempts',
      'refunds',
      'payment_sessions',
      'idempotency_keys',
      'events',
      'webhook_endpoints',
    ]
    const { rows } = await world.database.query(
      `select ${tables.map((table) => `(select count(*) from ${table}) as ${table}`).join(', ')}`,
    )
    return rows[0]
  }

  for (const [what, path, body, code, param] of bodies) {
    it(`answers ${what} with ${code}, and writes nothing`, async () => {
      const beforehand = await counts()
      assertProblem(await world.api('POST', path, body), code, param)
      assert.deepEqual(await counts(), beforehand)
    })
  }

  const raw: [what: string, send: () => Promise<Answer>, code: ErrorCode][] = [
    ['malformed JSON', () => sendRaw('{"amount": 1000,'), 'malformed_json'],
    ['JSON that is no object', () => sendRaw('[1]'), 'malformed_json'],
    ['an empty body', () => sendRaw(''), 'parameter_missing'],
    [
      'bytes that are no UTF-8',
      () => sendRaw(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
      'malformed_json',
    ],
    [
      'JSON nested a thousand deep',
      () => sendRaw(`{"metadata":${'['.repeat(1000)}${']'.repeat(1000)}}`),
      'malformed_json',
    ],
    [
      'a body of 1 MiB',
      () => sendRaw(JSON.stringify({ ...good, description: 'x'.repeat(1_048_576) })),
      'body_too_large',
    ],
    [
      'another content type',
      () => sendRaw('amount=1', { 'content-type': 'application/x-www-form-urlencoded' }),
      'media_type_unsupported',
    ],
    [
      'a missing idempotency key',
      () => world.api('POST', '/v1/charges', good, { headers: { 'idempotency-key': '' } }),
      'idempotency_key_invalid',
    ],
    [
      'an over-long idempotency key',
      () => world.api('POST', '/v1/charges', good, { key: 'k'.repeat(256) }),
      'idempotency_key_invalid',
    ],
    ['no API key', () => sendRaw(JSON.stringify(good), { authorization: '' }), 'authentication_required'],
    [
      'a wrong API key',
      () => world.api('POST', '/v1/charges', good, { bearer: `sk_test_${'x'.repeat(43)}` }),
      'api_key_invalid',
    ],
    [
      'a publishable key',
      () => world.api('POST', '/v1/charges', good, { bearer: world.fincore.dev.publishable_key }),
      'scope_missing',
    ],
    ['an unknown endpoint', () => world.api('GET', '/v1/nothing'), 'route_not_found'],
    ['a wrong method', () => world.api('DELETE', '/v1/charges'), 'method_not_allowed'],
    ['an unknown charge', () => world.api('GET', `/v1/charges/${unknownCharge}`), 'resource_not_found'],
    ['an id that is none', () => world.api('GET', '/v1/charges/%00'), 'resource_not_found'],
    ['an unknown session', () => world.api('GET', `/v1/payment_sessions/ps_${'0'.repeat(26)}`), 'resource_not_found'],
    ['a bad cursor', () => world.api('GET', '/v1/charges?starting_after=nonsense'), 'cursor_invalid'],
    [
      'two cursors',
      () => world.api('GET', `/v1/charges?starting_after=${unknownCharge}&ending_before=${unknownCharge}`),
      'cursor_invalid',
    ],
    ['a limit of zero', () => world.api('GET', '/v1/charges?limit=0'), 'parameter_invalid'],
    ['a limit that is no number', () => world.api('GET', '/v1/charges?limit=ten'), 'parameter_invalid'],
    ['an unknown query parameter', () => world.api('GET', '/v1/charges?colour=red'), 'parameter_unknown'],
  ]
  for (const [what, send, code] of raw) {
    it(`answers ${what} with ${code}, and writes nothing`, async () => {
      const beforehand = await counts()
      assertProblem(await send(), code)
      assert.deepEqual(await counts(), beforehand)
    })
  }

  it('shows a merchant nothing of another’s, and lets them touch nothing of it', async () => {
    const made = await world.api(
      'POST',
      '/v1/charges',
      tokenCharge(await world.token('4242424242424242'), { capture_method: 'manual' }),
    )
    assert.equal(made.status, 201, made.text)
    const as = { bearer: otherMerchant }
    assertProblem(await world.api('GET', `/v1/charges/${made.body.id}`, undefined, as), 'resource_not_found')
    assertProblem(await world.api('POST', `/v1/charges/${made.body.id}/capture`, {}, as), 'resource_not_found')
    assertProblem(await world.api('POST', `/v1/charges/${made.body.id}/cancel`, {}, as), 'resource_not_found')
    assertProblem(await world.api('POST', '/v1/refunds', { charge: made.body.id }, as), 'resource_not_found')
    assertProblem(await world.api('GET', `/v1/charges?starting_after=${made.body.id}`, undefined, as), 'cursor_invalid')
    assert.deepEqual((await world.api('GET', '/v1/charges', undefined, as)).body.data, [])
    assertProblem(
      await world.api('POST', '/v1/charges', { ...good, psp_account: world.fincore.dev.psp_account }, as),
      'psp_account_missing',
      'psp_account',
    )
  })

  it('answers an expired card at the relay with a code of its own, and sends nothing to the PSP', async () => {
    const beforehand = await counts()
    const card = { number: '4242424242424242', cvc: '123', exp_month: 1, exp_year: 2024 }
    assertProblem(
      await world.relay({ ...good, payment_method: { type: 'card', card } }),
      'card_expired',
      'payment_method.card.exp_year',
    )
    assert.deepEqual(await counts(), beforehand)
  })

  it('says nothing of what was sent, in no answer, log or file, whatever is broken and wherever it is sent', async () => {
    // A card number is stopped by the tripwire where there is one; a word goes as far as the request does.
    const word = 'Ü✗verborgen.7c1✗Ü'
    const canaries = [makeCanary(1), word]
    const said: { at: string; bytes: Buffer }[] = []
    await Promise.all(
      listDoors(world).map(async (door) => {
        for (const shape of Object.keys(shapes)) {
          for (const text of canaries) {
            const bytes = await sendMalformed(world, door, shape, text)
            if (bytes !== null) said.push({ at: `${door.name}: ${shape}`, bytes })
          }
        }
      }),
    )
    const answered = said.filter(({ bytes }) => bytes.length > 0)
    assert.ok(said.length > 1_500)
    assert.ok(answered.length > 0.9 * said.length, `${answered.length} of ${said.length} were answered`)
    const faults = answered.filter(({ bytes }) => /^HTTP\/1.1 50[^135]/.test(bytes.toString('latin1', 0, 14)))
    assert.deepEqual(
      faults.map(({ at, bytes }) => `${at}: ${bytes}`),
      [],
    )
    const forms = formsOf('verborgen.7c1')
    assert.equal(findTraces(`before ${word} and ${JSON.stringify(word)} after`, forms).length, 1)
    assert.equal(findTraces(Buffer.from(`x${word}`).toString('base64'), forms).length, 1)
    const quoting = answered.flatMap(({ at, bytes }) =>
      findTraces(bytes, forms).map((form) => `${at}: ${form}: ${bytes}`),
    )
    assert.deepEqual(quoting, [])
    const files = readWorldFiles(world)
    const logs = Object.values(world.fincore.processes).map(({ logFile }) => `logs/${basename(logFile)}`)
    for (const name of [...logs, 'postgres.log'])
      assert.ok(
        files.some(({ path, bytes }) => path.endsWith(name) && bytes.length > 0),
        `${name} was looked at`,
      )
    const kept = files.flatMap(({ path, bytes }) => findTraces(bytes, forms).map((form) => `${path}: ${form}`))
    assert.deepEqual(kept, [])
  })

  it('leads from every problem to its explanation', async () => {
    const problem = await world.api('GET', '/v1/nothing')
    const page = await eventually('the page of errors', async () => {
      const answer = await world.http.send('GET', String(problem.body.type))
      return answer.status === 200 ? answer.text : null
    })
    for (const code of Object.keys(errorTable)) assert.ok(page.includes(`id="${code}"`), code)
  })

  async function sendRaw(body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await fetch(`${world.fincore.dev.api}/v1/charges`, {
      method: 'POST',
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: {
        authorization: `Bearer ${world.fincore.dev.secret_key}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
        ...headers,
      },
    })
    const text = await answer.text()
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text, body: JSON.parse(text) }
  }
})

function assertProblem(answer: Answer, code: ErrorCode, param?: string | null): void {
  assert.equal(answer.body.code, code, answer.text)
  assert.equal(answer.status, errorTable[code].status)
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  assert.equal(answer.body.title, errorTable[code].title)
  assert.equal(answer.body.request_id, answer.headers['x-request-id'])
  assert.ok(String(answer.body.detail).length > 10)
  if (param !== undefined) assert.equal(answer.body.param, param)
}
