import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { newId } from '../ids.ts'
import { digestOf, newSecret } from '../secrets.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { until } from '../webhooks/testing/webhook-world.ts'

describe('the public API, before it reads a body', () => {
  let world: ApiWorld
  let merchant: string
  let key: string
  before(async () => {
    world = await createApiWorld({ open: 600, unseenKeys: 120 })
    merchant = await world.addMerchant()
    key = await world.addKey(merchant, ['read', 'charges:write'])
  })
  after(() => world.close())

  type Call = { authorization?: string; key?: string; from?: string; body?: object; method?: 'GET' | 'POST' }
  async function call(url: string, { authorization, key, from, body, method = 'GET' }: Call = {}) {
    const response = await world.app.inject({
      method,
      url,
      remoteAddress: from ?? '127.0.0.1',
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { payload: body }),
    })
    return { status: response.statusCode, headers: response.headers, body: response.json() }
  }

  const unheard: [what: string, header: string | undefined, code: string, detail: RegExp][] = [
    ['no header', undefined, 'authentication_required', /no `Authorization/],
    ['Basic', 'Basic c2tfdGVzdDo=', 'authentication_required', /Bearer, not Basic/],
    ['the key alone', 'sk_test_nope', 'authentication_required', /`Authorization: Bearer …`/],
    ['half a key', 'Bearer sk_test_nope', 'api_key_invalid', /not a whole key; was it copied completely\?/],
    ['a key without its end', `Bearer ${newSecret('sk_test_').slice(0, -1)}`, 'api_key_invalid', /not a whole key/],
    ['an unknown key', `Bearer ${newSecret('sk_test_')}`, 'api_key_invalid', /unknown, was revoked/],
    ['a live key', `Bearer ${newSecret('sk_live_')}`, 'api_key_invalid', /is a live key, and this is the sandbox\./],
  ]
  for (const [what, authorization, code, detail] of unheard) {
    it(`answers ${what} with ${code}`, async () => {
      const { status, body } = await call('/v1/charges', authorization === undefined ? {} : { authorization })
      assert.deepEqual([status, body.code], [401, code])
      assert.match(body.detail, detail)
    })
  }

  it('says on every answer under /v1 how long it took, and on no other', async () => {
    const given = { authorization: `Bearer ${key}` }
    for (const [url, options] of [
      ['/v1/charges', given],
      ['/v1/charges', {}],
      ['/v1/nothing', given],
    ] as const) {
      const { headers } = await call(url, options)
      assert.match(String(headers['server-timing']), /^fincore;dur=\d{1,4}\.\d$/)
    }
    const document = await world.app.inject({ url: '/docs' })
    assert.equal(document.headers['server-timing'], undefined)
  })

  it('has no charge behind a path that is no id, whatever is asked of it', async () => {
    for (const path of ['/capture', '/cancel']) {
      const { status, body } = await call(`/v1/charges/%00${path}`, {
        method: 'POST',
        authorization: `Bearer ${key}`,
        key: randomUUID(),
      })
      assert.deepEqual([status, body.code], [404, 'resource_not_found'])
    }
  })

  it('refuses a card number as the idempotency key of a request without a body, audits it, and keeps nothing', async () => {
    const { body } = await call(`/v1/charges/${newId('charge')}/capture`, {
      method: 'POST',
      authorization: `Bearer ${key}`,
      key: '4111-1111-1111-1111',
    })
    assert.deepEqual([body.code, body.param], ['card_data_not_accepted_here', 'Idempotency-Key'])
    const { rows } = await world.pool.query(
      'select count(*)::int as count from idempotency_keys where merchant_id = $1',
      [merchant],
    )
    assert.equal(rows[0].count, 0)
    await until('the try is in the audit log', async () => {
      const { rows } = await world.pool.query(`select actor from audit_records where type = 'card_data.send'`)
      return rows.length === 1
    })
  })

  it('asks the database for a bounded number of invented keys of one address, and still hears known ones', async () => {
    const from = '198.51.100.7'
    assert.equal((await call('/v1/charges', { from, authorization: `Bearer ${key}` })).status, 200)
    let lookUps = 0
    const { findApiKey } = world.deps.directory
    world.deps.directory.findApiKey = async (digest) => {
      lookUps++
      return digest.equals(digestOf(key)) ? findApiKey(digest) : null
    }
    let refused: Awaited<ReturnType<typeof call>> | undefined
    for (let tries = 0; tries < 130; tries++) {
      refused = await call('/v1/charges', { from, authorization: `Bearer ${newSecret('sk_test_')}` })
    }
    assert.deepEqual([refused?.status, refused?.body.code], [429, 'rate_limited'])
    assert.ok(Number(refused?.headers['retry-after']) > 1, 'it says when the minute is over')
    assert.ok(lookUps <= 120, `${lookUps} look-ups`)
    assert.equal((await call('/v1/charges', { from, authorization: `Bearer ${key}` })).status, 200)
    assert.equal((await call('/v1/charges', { from: '198.51.100.8', authorization: 'Bearer x' })).status, 401)
    world.deps.directory.findApiKey = findApiKey
  })

  it('counts what brings no key, and paths that are none, by address; of IPv6 by its /64', async () => {
    let last = 0
    for (let tries = 0; tries < 610; tries++) {
      const from = `2001:db8::${(tries % 500).toString(16)}`
      last = (await world.app.inject({ url: tries % 2 === 0 ? '/v1/charges' : '/nothing', remoteAddress: from }))
        .statusCode
    }
    assert.equal(last, 429)
    assert.equal((await call('/nothing', { from: '2001:db8:0:1::1' })).status, 404)
  })

  it('says on every answer to a key how many requests it has left, and on no other', async () => {
    const fields = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'ratelimit-policy']
    const ofKey = { authorization: `Bearer ${await world.addKey(await world.addMerchant())}` }
    const answers = [
      await call('/v1/charges', ofKey),
      await call('/v1/charges?limit=none', ofKey),
      await call(`/v1/charges/${newId('charge')}`, ofKey),
      await call('/v1/charges', { ...ofKey, method: 'POST', key: 'k' }),
    ]
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 400, 404, 403],
    )
    for (const [index, { headers }] of answers.entries()) {
      assert.deepEqual(
        fields.slice(0, 2).map((name) => Number(headers[name])),
        [12_000, 11_999 - index],
      )
      assert.ok(Number(headers['ratelimit-reset']) > 50 && Number(headers['ratelimit-reset']) <= 60)
      assert.equal(headers['ratelimit-policy'], '12000;w=60')
    }
    for (const other of [await call('/v1/openapi.json'), await call('/v1/charges', { authorization: 'Bearer x' })])
      assert.ok(fields.every((name) => other.headers[name] === undefined))
  })

  it('lets one browser not use up a publishable key for all others', async () => {
    const publishable = newSecret('pk_test_')
    await world.pool.query(
      `insert into api_keys (merchant_id, id, kind, digest, hint, publishable_key, scopes, created_by)
       values ($1, $2, 'publishable', $3, 'pk', $4, '{}', 'test')`,
      [merchant, newId('apiKey'), digestOf(publishable), publishable],
    )
    const remaining = async (from: string) =>
      Number(
        (await call('/v1/client_config', { from, authorization: `Bearer ${publishable}` })).headers[
          'ratelimit-remaining'
        ],
      )
    assert.equal(await remaining('203.0.113.1'), 11_999)
    assert.equal(await remaining('203.0.113.1'), 11_998)
    assert.equal(await remaining('203.0.113.2'), 11_999)
  })
})
