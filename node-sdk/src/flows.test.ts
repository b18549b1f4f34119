import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { cardCharge, tokenCharge, useWorld, type World } from '@fincore/end-to-end/world'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { CreateCardCharge, CreateTokenCharge } from './contract.ts'
import {
  FincoreConflictError,
  FincoreInvalidRequestError,
  FincoreNotFoundError,
  FincorePermissionError,
} from './errors.ts'
import { Fincore } from './fincore.ts'
import type { ObservedTry } from './observe.ts'

describe('a merchant’s server with @fincore/node', () => {
  let world: World
  let fincore: Fincore
  const tries: ObservedTry[] = []
  before(async () => {
    world = await useWorld()
    const { api, relay, secret_key: secretKey, ca, client_cert: cert, client_key: key } = world.fincore.dev
    const pem = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
    fincore = new Fincore({ api, secretKey, relay: { url: relay, ...pem }, observe: (seen) => tries.push(seen) })
  })
  after(async () => {
    fincore?.close()
    await world?.close()
  })
  const byToken = async (card: Parameters<typeof magicCardNumber>[0], more: object = {}) =>
    tokenCharge(await world.token(magicCardNumber(card)), more) as CreateTokenCharge

  it('makes, reads and ends a payment session', async () => {
    const reference = `order-${randomUUID()}`
    const urls = { success_url: 'https://shop.example/thanks', cancel_url: 'https://shop.example/cart' }
    const session = await fincore.paymentSessions.create({
      amount: 1990,
      currency: 'EUR',
      merchant_reference: reference,
      ...urls,
    })
    assert.match(session.url, /\/s\//)
    assert.equal((await fincore.paymentSessions.get(session.id)).status, 'open')
    const ended = await fincore.paymentSessions.expire(session.id)
    assert.deepEqual([ended.status, ended.url], ['expired', null])
    const { data } = await fincore.paymentSessions.list({ merchant_reference: reference }).page()
    assert.deepEqual(
      data.map(({ id }) => id),
      [session.id],
    )
  })

  it('charges a token once for one key, captures, and refunds what was captured', async () => {
    const request = await byToken('visa', { capture_method: 'manual' })
    const [first, again] = await Promise.all(
      [1, 2].map(() => fincore.charges.create(request, { idempotencyKey: `order-${request.payment_method.token}` })),
    )
    assert.ok(first?.status === 'authorized')
    assert.equal(again?.id, first.id)
    const captured = await fincore.charges.capture(first.id, { amount: 600 })
    assert.deepEqual([captured.status, captured.amount_captured], ['captured', 600])
    const refund = await fincore.refunds.create({ charge: first.id, amount: 100 })
    assert.equal((await fincore.refunds.get(refund.id)).charge, first.id)
    const types: string[] = []
    for await (const event of fincore.events.list({ object_id: first.id })) types.push(event.type)
    assert.deepEqual(types.slice(-2), ['charge.captured', 'charge.authorized'])
    const refusal = fincore.charges.cancel(first.id)
    await assert.rejects(refusal, (error) => {
      assert.ok(error instanceof FincoreConflictError)
      assert.equal(error.code, 'charge_not_cancelable')
      assert.match(error.requestId ?? '', /^req_/)
      assert.match(error.docsUrl ?? '', /\/docs\/errors#charge_not_cancelable$/)
      return true
    })
  })

  it('whose answer gets lost on the way asks again by itself, and the shopper pays once', async () => {
    const { api, secret_key: secretKey } = world.fincore.dev
    let asked = 0
    const link = createServer(async (incoming, outgoing) => {
      const headers = incoming.headers as Record<string, string>
      const answer = await fetch(api + incoming.url, { method: 'POST', headers, body: await buffer(incoming) })
      const text = await answer.text()
      asked += 1
      // FinCore has answered, and nobody hears of it.
      if (asked === 1) incoming.socket.destroy()
      else outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
    })
    await new Promise<void>((resolve) => link.listen(0, '127.0.0.1', resolve))
    const behind = new Fincore({ api: `http://127.0.0.1:${(link.address() as AddressInfo).port}`, secretKey })
    const charge = await behind.charges.create(await byToken('visa'))
    assert.deepEqual([charge.status, asked], ['captured', 2])
    const [attempt] = await world.attempts(charge.id)
    const { movements } = await world.truth(attempt?.id ?? '')
    assert.equal(movements.filter(({ kind }) => kind === 'capture').length, 1)
    behind.close()
    link.close()
  })

  it('sends a raw card to the card relay, with the client certificate, and everything else to the API', async () => {
    tries.length = 0
    const charge = await fincore.charges.create(cardCharge(magicCardNumber('visa')) as CreateCardCharge)
    assert.deepEqual([charge.status, charge.flow], ['captured', 'raw_card'])
    assert.equal((await fincore.charges.get(charge.id)).id, charge.id)
    assert.deepEqual(
      tries.map(({ door, method, path, status, code }) => [door, method, path, status, code]),
      [
        ['relay', 'POST', '/v1/charges', 201, null],
        ['api', 'GET', `/v1/charges/${charge.id}`, 200, null],
      ],
    )
  })

  it('is refused by the relay without a certificate, and says what is missing', async () => {
    const { api, relay, secret_key: secretKey, ca } = world.fincore.dev
    const url = relay
    const bare = new Fincore({ api, secretKey, relay: { url, ca: readFileSync(ca), cert: '', key: '' } })
    await assert.rejects(bare.charges.create(cardCharge(magicCardNumber('visa')) as CreateCardCharge), (error) => {
      assert.ok(error instanceof FincorePermissionError)
      assert.equal(error.code, 'client_certificate_required')
      return true
    })
    bare.close()
  })

  it('tells a decline and 3-D Secure by the charge’s status, and a mistake by an error that names the field', async () => {
    const declined = await fincore.charges.create(await byToken('insufficient_funds'))
    assert.ok(declined.status === 'failed')
    assert.equal(declined.failure.code, 'insufficient_funds')
    const challenged = await fincore.charges.create(await byToken('challenge'))
    assert.ok(challenged.status === 'requires_action')
    assert.match(challenged.next_action.url, /^http/)
    await assert.rejects(fincore.charges.create({ ...(await byToken('visa')), amount: 0 }), (error) => {
      assert.ok(error instanceof FincoreInvalidRequestError)
      assert.deepEqual([error.code, error.param], ['parameter_invalid', 'amount'])
      return true
    })
    await assert.rejects(fincore.charges.get(`ch_${'0'.repeat(26)}`), FincoreNotFoundError)
  })

  it('pages through a list by itself, and catches up from an object on, the oldest first', async () => {
    const reference = `order-${randomUUID()}`
    const made: string[] = []
    for (let count = 0; count < 3; count += 1)
      made.push((await fincore.charges.create(await byToken('visa', { merchant_reference: reference }))).id)
    const collect = async (params: object) => {
      const ids: string[] = []
      for await (const { id } of fincore.charges.list({ merchant_reference: reference, limit: 1, ...params }))
        ids.push(id)
      return ids
    }
    assert.deepEqual(await collect({}), made.toReversed())
    assert.deepEqual(await collect({ ending_before: made[0] }), made.slice(1))
  })

  it('manages a webhook endpoint from its making to its end', async () => {
    const url = 'http://127.0.0.1:9/webhooks'
    const endpoint = await fincore.webhookEndpoints.create({ url, events: ['dispute.won'] })
    assert.match(endpoint.secret, /^whsec_/)
    const rotated = await fincore.webhookEndpoints.rotateSecret(endpoint.id, { overlap_seconds: 0 })
    assert.notEqual(rotated.secret, endpoint.secret)
    const delivery = await fincore.webhookEndpoints.ping(endpoint.id)
    assert.equal((await fincore.webhookEndpoints.redeliver(endpoint.id, delivery.id)).id, delivery.id)
    const { data } = await fincore.webhookEndpoints.listDeliveries(endpoint.id).page()
    assert.equal(data[0]?.id, delivery.id)
    assert.equal((await fincore.webhookEndpoints.getDelivery(endpoint.id, delivery.id)).event, delivery.event)
    for await (const tried of fincore.webhookEndpoints.listTries(endpoint.id, delivery.id)) assert.ok(tried.error)
    const since = new Date(Date.now() - 3_600_000)
    const { redelivered, has_more: hasMore } = await fincore.webhookEndpoints.redeliverFailed(endpoint.id, { since })
    assert.deepEqual({ redelivered, hasMore }, { redelivered: 0, hasMore: false })
    const disabled = await fincore.webhookEndpoints.update(endpoint.id, { status: 'disabled' })
    assert.ok(disabled.status === 'disabled')
    assert.equal(disabled.disabled_reason, 'requested')
    assert.equal((await fincore.webhookEndpoints.delete(endpoint.id)).deleted, true)
    await assert.rejects(fincore.webhookEndpoints.get(endpoint.id), FincoreNotFoundError)
  })
})
