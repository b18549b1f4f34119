import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { newId } from '../../ids.ts'
import { type ApiWorld, createApiWorld } from '../../webhooks/testing/api-world.ts'
import { until } from '../../webhooks/testing/webhook-world.ts'

describe('the door for PSPs, before it reads a body', () => {
  let world: ApiWorld
  let account: string
  before(async () => {
    world = await createApiWorld()
    account = await world.addPspAccount(await world.addMerchant(), { webhook_secret: 'whsec_sandbox_0123456789abcdef' })
    await world.app.listen({ host: '127.0.0.1', port: 0 })
  })
  after(() => world.close())

  /** The first line that is answered to headers alone: the body that they announce never comes. */
  async function announce(to: string, bytes: number): Promise<string> {
    const socket = connect((world.app.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(
      `POST /v1/psp_webhooks/${to} HTTP/1.1\r\nHost: pay\r\nContent-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n`,
    )
    const [chunk] = await once(socket, 'data')
    socket.destroy()
    return String(chunk).split('\r\n')[0] ?? ''
  }

  it('turns away who names no account, or announces more than an adapter reads', { timeout: 5_000 }, async () => {
    assert.equal(await announce(newId('pspAccount'), 1_000), 'HTTP/1.1 404 Not Found')
    assert.equal(await announce('%00', 1_000), 'HTTP/1.1 404 Not Found')
    assert.equal(await announce(account, 262_145), 'HTTP/1.1 413 Payload Too Large')
    const response = await world.app.inject({
      method: 'POST',
      url: `/v1/psp_webhooks/${account}`,
      headers: { 'content-type': 'text/plain' },
      payload: ' '.repeat(262_144),
    })
    assert.equal(response.statusCode, 400, 'as large as an adapter reads is read, and found unsigned')
  })

  it('asks the database for a bounded number of invented accounts of one address, and hears real ones', async () => {
    const send = (to: string) =>
      world.app.inject({ method: 'POST', url: `/v1/psp_webhooks/${to}`, remoteAddress: '198.51.100.7' })
    let lookUps = 0
    const { findPspAccount } = world.deps.directory
    world.deps.directory.findPspAccount = async (id) => {
      lookUps++
      return id === account ? findPspAccount(id) : null
    }
    await send(account)
    let status = 0
    for (let tries = 0; tries < 1_250; tries++) status = (await send(newId('pspAccount'))).statusCode
    assert.equal(status, 429)
    assert.ok(lookUps <= 1_201, `${lookUps} look-ups`)
    assert.equal((await send(account)).statusCode, 400)
    world.deps.directory.findPspAccount = findPspAccount
  })
})

describe('the answer to a webhook', () => {
  let world: ApiWorld
  let account: string
  before(async () => {
    world = await createApiWorld()
    account = await world.addPspAccount(await world.addMerchant(), { webhook_secret: 'whsec_sandbox_0123456789abcdef' })
  })
  after(() => world.close())

  /** A PSP that believes whoever calls, and reads this in the answer. */
  const answerOf = async (accepted?: { contentType: string; body: string }) => {
    const { psps } = world.deps
    const webhooks = {
      verify: () => ({ ok: true, events: [] }) as const,
      ...(accepted === undefined ? {} : { accepted }),
    }
    Object.assign(world.deps, { psps: { ...psps, sandbox: { ...psps.sandbox, webhooks } } })
    const response = await world.app.inject({ method: 'POST', url: `/v1/psp_webhooks/${account}`, payload: '{}' })
    Object.assign(world.deps, { psps })
    const { 'content-type': type, 'cache-control': cache } = response.headers
    return [response.statusCode, type, cache, response.payload]
  }

  it('is what its PSP wants to read', async () => {
    const accepted = { contentType: 'text/plain; charset=utf-8', body: '[accepted]' }
    assert.deepEqual(await answerOf(accepted), [200, accepted.contentType, 'no-store', '[accepted]'])
  })

  it('says that it was received to any other', async () => {
    const plain = [200, 'application/json; charset=utf-8', 'no-store', '{"received":true}']
    assert.deepEqual(await answerOf(), plain)
  })
})

describe('a webhook with a card number in it', () => {
  const secret = 'whsec_sandbox_0123456789abcdef'
  let world: ApiWorld
  let merchant: string
  let account: string
  before(async () => {
    world = await createApiWorld()
    merchant = await world.addMerchant()
    account = await world.addPspAccount(merchant, { webhook_secret: secret })
  })
  after(() => world.close())

  async function post(id: string, change: object): Promise<number> {
    const payment = {
      object: 'payment',
      id: `pay_${id}`,
      reference: newId('attempt'),
      status: 'captured',
      amount: { value: 1999, currency: 'EUR' },
      captured: 1999,
      checkout_session: null,
      decline: null,
      action: null,
      ...change,
    }
    const body = JSON.stringify({ id, type: 'payment.captured', data: { payment } })
    const seconds = Math.floor(Date.now() / 1000)
    const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
    const response = await world.app.inject({
      method: 'POST',
      url: `/v1/psp_webhooks/${account}`,
      headers: { 'content-type': 'application/json', 'sandbox-signature': `t=${seconds},v1=${signature}` },
      payload: body,
    })
    return response.statusCode
  }

  /** The records of a type; they are written after the answer. */
  async function recordsOf(type: string, columns: string): Promise<object[]> {
    let rows: object[] = []
    await until(`there is a record ${type}`, async () => {
      rows = (await world.pool.query(`select ${columns} from audit_records where type = $1`, [type])).rows
      return rows.length > 0
    })
    return rows
  }

  it('is kept without it when it stands in a text, and the audit log says so', async () => {
    assert.equal(await post('wev_masked', { reference: 'order-4242-4242-4242-4242' }), 200)
    const { rows } = await world.pool.query(
      `select event #>> '{about,reference}' as reference, reference as column from psp_events`,
    )
    assert.deepEqual(rows, [{ reference: 'order-1111-1111-1111-1111', column: 'order-1111-1111-1111-1111' }])
    const records = await recordsOf('psp_webhook.mask_card_data', 'actor_type, outcome, merchant_id, resource')
    assert.deepEqual(records, [{ actor_type: 'system', outcome: 'success', merchant_id: merchant, resource: account }])
  })

  it('is refused when it names the event or the payment: changed, it would name another', async () => {
    assert.equal(await post('4242424242424242', {}), 400)
    assert.equal(await post('wev_named', { id: 'pay_4242424242424242' }), 400)
    const { rows } = await world.pool.query('select event_id from psp_events')
    assert.deepEqual(rows, [{ event_id: 'wev_masked' }])
    const records = await recordsOf('psp_webhook.refused', `details ->> 'why' as why`)
    assert.deepEqual(records, [{ why: 'card_number_in_an_identifier' }])
  })
})
