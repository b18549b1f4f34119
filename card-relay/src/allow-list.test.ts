import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startWorld, type World } from './testing/relay-world.ts'

const body = JSON.stringify({
  amount: 1000,
  currency: 'EUR',
  payment_method: { type: 'card', card: { number: '4242424242424242', cvc: '737', exp_month: 12, exp_year: 2034 } },
})

describe('the list of PSPs', () => {
  let world: World
  before(async () => {
    world = await startWorld()
  })
  after(() => world.stop())

  it('keeps a card from an origin that listens, has a trusted certificate, and is not in it', async () => {
    // The relay's own listener is such an origin.
    assert.ok(!world.config.pspOrigins.includes(world.relay.url))
    world.on.charge = () => ({
      do: 'send',
      attempt: `att_${'0'.repeat(26)}`,
      to: `${world.relay.url}/v2/payments`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"number":"{{card.number}}","cvc":"{{card.cvc}}"}',
      timeoutMs: 5_000,
    })
    assert.equal((await world.post(body)).status, 201)
    assert.deepEqual(world.seen.reports, [{ failure: 'refused', requestWasSent: false }])
  })
})
