import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { SecondPaymentService } from '@fincore/dev/fincore'
import { cardCharge, eventually, type StartedWorld, shareWorld, tokenCharge } from './world.ts'

const shared = shareWorld()

describe('an idempotency key', () => {
  let world: StartedWorld
  let other: SecondPaymentService
  let second: string
  before(async () => {
    world = await shared.open()
    other = await world.fincore.startPaymentService()
    second = other.api
  })
  after(async () => {
    await other.process.stop()
    await shared.close()
  })

  it('makes 200 concurrent requests over two payment services one charge and one call to the PSP', async () => {
    const key = randomUUID()
    const body = tokenCharge(await world.token('4242424242424242'))
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        world.api('POST', '/v1/charges', body, { key, at: index % 2 === 0 ? world.fincore.dev.api : second }),
      ),
    )
    const charges = new Set<unknown>()
    let first = 0
    for (const answer of answers) {
      assert.ok(answer.status === 201 || answer.status === 409, answer.text)
      if (answer.status === 409) {
        assert.equal(answer.body.code, 'idempotency_key_in_use')
        assert.ok(Number(answer.headers['retry-after']) >= 1)
      } else {
        charges.add(answer.body.id)
        if (answer.headers['idempotent-replayed'] === undefined) first++
      }
    }
    assert.equal(first, 1)
    assert.equal(charges.size, 1)
    const [attempt] = await world.attempts(String([...charges][0]))
    const truth = await world.truth(attempt?.id ?? '')
    assert.equal(truth.calls, 1)
    assert.deepEqual(truth.movements.map((movement) => movement.kind).sort(), ['authorization', 'capture'])
    const { rows } = await world.database.query('select count(*) from charges where id = any($1)', [[...charges]])
    assert.equal(Number(rows[0].count), 1)
  })

  it('gives a repeat the stored answer, quoted or bare, with its members in any order', async () => {
    const key = randomUUID()
    const token = await world.token('4242424242424242')
    const made = await world.api('POST', '/v1/charges', tokenCharge(token, { merchant_reference: 'A-1' }), { key })
    assert.equal(made.status, 201, made.text)
    const reordered = {
      return_url: 'https://shop.example/back',
      merchant_reference: 'A-1',
      payment_method: { token, type: 'token' },
      currency: 'EUR',
      amount: 1000,
    }
    const repeat = await world.api('POST', '/v1/charges', reordered, { key: `"${key}"`, at: second })
    assert.equal(repeat.status, 201)
    assert.equal(repeat.headers['idempotent-replayed'], 'true')
    assert.deepEqual(repeat.body, made.body)
  })

  it('refuses another request under the same key, and writes nothing', async () => {
    const key = randomUUID()
    const made = await world.api('POST', '/v1/charges', tokenCharge(await world.token('4242424242424242')), { key })
    const other = await world.api(
      'POST',
      '/v1/charges',
      tokenCharge(await world.token('4242424242424242'), { amount: 1001 }),
      { key },
    )
    assert.equal(other.status, 422)
    assert.equal(other.body.code, 'idempotency_key_reused')
    const refund = await world.api('POST', '/v1/refunds', { charge: made.body.id }, { key })
    assert.equal(refund.body.code, 'idempotency_key_reused')
    const listed = await world.api('GET', '/v1/refunds?limit=100')
    assert.ok(!JSON.stringify(listed.body).includes(String(made.body.id)))
  })

  it('holds for a card too: the same card is a repeat, another card is not', async () => {
    const key = randomUUID()
    const made = await world.relay(cardCharge('4242424242424242'), { key })
    assert.equal(made.status, 201, made.text)
    const repeat = await world.relay(cardCharge('4242424242424242'), { key })
    assert.equal(repeat.headers['idempotent-replayed'], 'true')
    assert.equal(repeat.body.id, made.body.id)
    const other = await world.relay(cardCharge('5555555555554444'), { key })
    assert.equal(other.body.code, 'idempotency_key_reused')
  })

  it('lets fifty refunds at once take no more than was captured', async () => {
    const made = await world.api('POST', '/v1/charges', tokenCharge(await world.token('4242424242424242')))
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        world.api(
          'POST',
          '/v1/refunds',
          { charge: made.body.id, amount: 90 },
          { at: index % 2 === 0 ? world.fincore.dev.api : second },
        ),
      ),
    )
    const done = answers.filter((answer) => answer.status === 201)
    assert.equal(done.length, 11)
    for (const refused of answers.filter((answer) => answer.status !== 201))
      assert.equal(refused.body.code, 'amount_exceeds_refundable')
    const charge = await eventually('the refunds to settle', async () => {
      const read = await world.api('GET', `/v1/charges/${made.body.id}`)
      return read.body.amount_refunds_pending === 0 && read.body.amount_refunded === 990 ? read.body : null
    })
    const [attempt] = await world.attempts(String(charge.id))
    const truth = await world.truth(attempt?.id ?? '')
    assert.equal(
      truth.movements
        .filter((movement) => movement.kind === 'refund')
        .reduce((sum, movement) => sum + movement.amount, 0),
      990,
    )
  })

  it('lets a capture and a cancel at once end as one of them', async () => {
    for (let round = 0; round < 5; round++) {
      const made = await world.api(
        'POST',
        '/v1/charges',
        tokenCharge(await world.token('4242424242424242'), { capture_method: 'manual' }),
      )
      assert.equal(made.body.status, 'authorized', made.text)
      const [capture, cancel] = await Promise.all([
        world.api('POST', `/v1/charges/${made.body.id}/capture`, { amount: 400 }),
        world.api('POST', `/v1/charges/${made.body.id}/cancel`, {}, { at: second }),
      ])
      const statuses = [capture.status, cancel.status].sort()
      assert.deepEqual(statuses, [200, 409], `${capture.text} ${cancel.text}`)
      const charge = (await world.api('GET', `/v1/charges/${made.body.id}`)).body
      assert.equal(charge.status, capture.status === 200 ? 'captured' : 'canceled')
      assert.equal(charge.amount_captured, capture.status === 200 ? 400 : 0)
    }
  })
})
