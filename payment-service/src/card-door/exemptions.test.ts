import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createAdminServer } from '../admin/server.ts'
import { newId } from '../ids.ts'
import { digestOf, newSecret } from '../secrets.ts'
import type { App } from '../server/server.ts'
import { activateGrant, insertGrant } from '../store/grants.ts'
import { upsertOperators } from '../store/operators.ts'
import { mostExemptions } from '../store/tripwire-exemptions.ts'
import { type ApiWorld, callerOf, createApiWorld } from '../webhooks/testing/api-world.ts'
import { until } from '../webhooks/testing/webhook-world.ts'
import { createInternalServerFor } from './internal-server.ts'

/** An order number that is a card number to anyone. */
const orderNumber = '4111111111111111'

describe('a key of metadata that an operator has exempted', { concurrency: false }, () => {
  let world: ApiWorld
  let admin: App
  let relaySocket: App
  let merchant: string
  let key: string
  const token = newSecret('op_')
  let changes = 0
  before(async () => {
    world = await createApiWorld()
    admin = createAdminServer(world.deps)
    relaySocket = createInternalServerFor(world.deps, {
      begin: async () => ({ status: 201, body: {}, replayed: false }),
      continue: async () => ({ status: 201, body: {}, replayed: false }),
    })
    await upsertOperators(world.pool, [{ name: 'alice', token }])
    world.deps.directory.onChange(() => void changes++)
    merchant = await world.addMerchant()
    key = await world.addKey(merchant, ['read', 'charges:write', 'charges:raw_card'])
  })
  after(async () => {
    await Promise.all([admin.close(), relaySocket.close()])
    await world.close()
  })

  const operate = async (method: 'GET' | 'PUT' | 'DELETE', name = '', body?: object, of = merchant) => {
    const response = await admin.inject({
      method,
      url: `/admin/v1/merchants/${of}/tripwire_exemptions${name === '' ? '' : `/${name}`}`,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { payload: body }),
    })
    return { status: response.statusCode, body: response.json() }
  }
  const reason = 'Our order numbers have 16 digits'
  /** What a token charge with this metadata comes to; without an account at a PSP an accepted one ends there. */
  const charge = async (metadata: unknown, more: object = {}, by = key) => {
    const payment_method = { type: 'token', token: 'tok_x' }
    const body = { amount: 1, currency: 'EUR', payment_method, metadata, ...more }
    const { code, param } = (await callerOf(world.app, by)('POST', '/charges', body)).body
    return code === 'card_data_not_accepted_here' ? `refused: ${param}` : code
  }
  const passed = 'psp_account_missing'

  it('is looked at until then', async () => {
    assert.equal(await charge({ order_no: orderNumber }), 'refused: metadata.order_no')
    assert.deepEqual(await operate('GET'), { status: 200, body: { object: 'list', data: [], has_more: false } })
  })

  it('passes within a moment, for its text and for its merchant alone', async () => {
    const before = changes
    const set = await operate('PUT', 'order_no', { reason })
    assert.equal(set.status, 201)
    const { set_at, ...exemption } = set.body
    assert.ok(Date.parse(set_at) > 0)
    assert.deepEqual(exemption, {
      object: 'tripwire_exemption',
      merchant,
      metadata_key: 'order_no',
      reason,
      set_by: 'alice',
    })
    // The directory's entry of the key would live five seconds; NOTIFY drops it.
    await until('the change is announced', () => changes > before)
    assert.equal(await charge({ order_no: orderNumber }), passed)
    const refused: [metadata: unknown, more: object, param: string][] = [
      [{ order_no: orderNumber, other: orderNumber }, {}, 'metadata.other'],
      [{ order_no: Number(orderNumber) }, {}, 'metadata.order_no'],
      [{ order_no: { deeper: orderNumber } }, {}, 'metadata.order_no.deeper'],
      [{ order_no: orderNumber }, { description: orderNumber }, 'description'],
      [{}, { order_no: orderNumber }, 'order_no'],
    ]
    for (const [metadata, more, param] of refused) assert.equal(await charge(metadata, more), `refused: ${param}`)
    const neighbour = await world.addKey(await world.addMerchant(), ['charges:write'])
    assert.equal(await charge({ order_no: orderNumber }, {}, neighbour), 'refused: metadata.order_no')
  })

  it('passes at the relay’s socket too, where the card itself is not in it', async () => {
    const caller = {
      keyDigest: digestOf(key).toString('hex'),
      certificateFingerprint: 'ab'.repeat(32),
      sourceAddress: '10.1.2.3',
    }
    const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
    const grant = await insertGrant(world.pool, merchant, newId('grant'), 'ada', {
      evidenceKind: 'roc_aoc',
      evidenceReference: 'AOC',
      evidenceSha256: caller.certificateFingerprint,
      evidenceDate: day(-1),
      validUntil: day(30),
      addressRanges: ['10.0.0.0/8'],
      certificateFingerprints: [caller.certificateFingerprint],
    })
    await activateGrant(world.pool, grant, 'ben')
    const relayed = async (blankedBody: object) => {
      const response = await relaySocket.inject({
        method: 'POST',
        url: '/internal/card_charges',
        headers: { authorization: `Bearer ${world.config.internalTokens.join()}` },
        payload: {
          requestId: 'req_1',
          caller,
          idempotencyKey: 'k',
          blankedBody: JSON.stringify(blankedBody),
          card: { brand: 'visa', first6: '411111', last4: '1111', length: 16, luhnOk: true, cvcLength: 3 },
        },
      })
      const { reply } = response.json()
      return reply.status === 201 ? 201 : JSON.parse(reply.body).code
    }
    const card = { number: '*'.repeat(16), cvc: '***' }
    const request = { payment_method: { type: 'card', card }, metadata: { order_no: orderNumber } }
    assert.equal(await relayed(request), 201)
    assert.equal(await relayed({ ...request, metadata: { other: orderNumber } }), 'card_data_not_accepted_here')
    assert.equal(await relayed({ ...request, description: orderNumber }), 'card_data_not_accepted_here')
    assert.equal(
      await relayed({ ...request, payment_method: { type: 'card', card: { ...card, cvc: '123' } } }),
      'card_data_not_accepted_here',
    )
  })

  it('needs a reason, and is no key that names card data', async () => {
    const names = [
      'card',
      'cardNumber',
      'card_no',
      'c.a.r.d',
      'CVC',
      'my-cvc2',
      'cvvCode',
      'pan',
      'customerPan',
      'PAN_1',
    ]
    for (const name of [...names, 'cc-number', 'creditNumber', 'a%20b', 'x'.repeat(41)]) {
      const { status, body } = await operate('PUT', name, { reason })
      assert.deepEqual([status, body.code, body.param], [400, 'parameter_invalid', 'metadata_key'], name)
    }
    for (const body of [{}, { reason: '' }, { reason, more: 1 }, undefined])
      assert.equal((await operate('PUT', 'company', body)).status, 400)
    assert.equal((await operate('PUT', 'company', { reason }, newId('merchant'))).status, 404)
    assert.deepEqual((await operate('GET')).body.data.length, 1)
  })

  it('is one of a few: setting it again changes its reason, one too many is refused', async () => {
    // Company and expander only sound like it.
    const more = ['company', 'expander', ...Array.from({ length: mostExemptions - 3 }, (_, index) => `key_${index}`)]
    for (const name of more) assert.equal((await operate('PUT', name, { reason })).status, 201, name)
    const full = await operate('PUT', 'one_too_many', { reason })
    assert.deepEqual([full.status, full.body.code], [409, 'conflict'])
    const again = await operate('PUT', 'order_no', { reason: 'Asked again' })
    assert.deepEqual([again.status, again.body.reason], [200, 'Asked again'])
    assert.equal((await operate('GET')).body.data.length, mostExemptions)
  })

  it('is looked at again once it is removed, and all of it is in the audit log', async () => {
    const before = changes
    assert.equal((await operate('DELETE', 'order_no')).status, 200)
    assert.equal((await operate('DELETE', 'order_no')).status, 404)
    await until('the change is announced', () => changes > before)
    assert.equal(await charge({ order_no: orderNumber }), 'refused: metadata.order_no')
    const { rows } = await world.pool.query(
      `select type, outcome, actor, merchant_id, details ->> 'reason' as reason from audit_records
       where resource = 'metadata.order_no' order by id`,
    )
    const record = { outcome: 'success', actor: 'alice', merchant_id: merchant }
    assert.deepEqual(rows, [
      { type: 'tripwire_exemption.set', ...record, reason },
      { type: 'tripwire_exemption.set', ...record, reason: 'Asked again' },
      { type: 'tripwire_exemption.delete', ...record, reason: null },
      { type: 'tripwire_exemption.delete', ...record, outcome: 'refused', reason: null },
    ])
  })
})
