import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { CardFacts } from '@fincore/api-contract/card-door'
import type { Charge } from '@fincore/api-contract/resources'
import type { Deps } from '../deps.ts'
import { openAdyenBench } from '../psp-gateway/adyen/testing/bench.ts'
import type { Bench, TestCard } from '../psp-gateway/conformance/bench.ts'
import type { Outcome } from '../psp-gateway/port.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { alertUnresolved } from './alert-unresolved.ts'
import { beginCardCharge, continueCardCharge } from './charge-card.ts'
import { resolveDueAttempts } from './resolve-attempts.ts'
import { settleAttempt } from './settle-attempt.ts'

const use = {
  keyId: 'key_1',
  grantId: 'grant_1',
  certificateFingerprint: null,
  sourceAddress: '192.0.2.1',
  requestId: 'req_1',
}

/** With Adyen's adapter and the strict stand-in for Adyen, which goes on with a payment only when it is asked to. */
describe('a raw card at Adyen', () => {
  let world: ApiWorld
  let bench: Bench
  let merchantId: string
  before(async () => {
    bench = await openAdyenBench()
    world = await createApiWorld()
    Object.assign(world.deps, { send: bench.send })
    merchantId = await world.addMerchant()
    const id = await world.addPspAccount(merchantId, { ...bench.account.credentials })
    await world.pool.query(
      `update psp_accounts set psp = 'adyen', config = $1, raw_cards_confirmed_at = now(), raw_cards_confirmed_by = 'ann',
         raw_cards_confirmation = 'case 1' where id = $2`,
      [bench.account.config, id],
    )
  })
  after(async () => {
    await world.close()
    await bench.close()
  })

  /** What merchant, card relay and payment service do with a card. */
  async function charge(key: string, card: TestCard, more: object = {}, hasCode = true): Promise<Charge> {
    const facts: CardFacts = {
      brand: 'visa',
      first6: card.number.slice(0, 6),
      last4: card.number.slice(-4),
      length: card.number.length,
      luhnOk: true,
      cvcLength: hasCode ? 3 : 0,
    }
    const blanked = {
      number: '*',
      ...(hasCode ? { cvc: '***' } : {}),
      exp_month: card.expMonth,
      exp_year: card.expYear,
    }
    const request = { amount: 1000, currency: 'EUR', return_url: 'https://shop.example/back', ...more }
    const blankedBody = JSON.stringify({ ...request, payment_method: { type: 'card', card: blanked } })
    const step = await beginCardCharge(world.deps, { merchantId, idempotencyKey: key, blankedBody, card: facts, use })
    assert.ok('do' in step, JSON.stringify(step))
    assert.equal(step.body.includes('{{card.cvc}}'), hasCode)
    const body = step.body.replace('{{card.number}}', card.number).replace('{{card.cvc}}', card.cvc)
    const reply = await bench.send({ method: 'POST', url: step.to, headers: step.headers, body })
    const end = await continueCardCharge(world.deps, step.attempt, reply)
    assert.ok('body' in end && !('do' in end), JSON.stringify(end))
    return end.body as Charge
  }
  async function comeBack({ id }: Charge, query: Record<string, string>): Promise<Charge> {
    const path = `/c/${world.deps.vault.linkToken('return', id)}/return?${new URLSearchParams(query)}`
    assert.equal((await world.app.inject({ url: path })).statusCode, 303)
    const key = await world.addKey(merchantId, ['read'])
    return (await world.app.inject({ url: `/v1/charges/${id}`, headers: { authorization: `Bearer ${key}` } })).json()
  }
  const confirm = ({ next_action: action }: Charge) => bench.answerChallenge(action?.url ?? '', 'confirm')

  it('is captured when the shopper has come back from the bank, however often', async () => {
    const made = await charge('confirmed', bench.cards['needs the shopper'])
    assert.equal(made.status, 'requires_action')
    const query = await confirm(made)
    for (const _visit of [1, 2]) {
      const { status, amount_captured } = await comeBack(made, query)
      assert.deepEqual([status, amount_captured], ['captured', 1000])
    }
  })

  it('is failed when the bank did not confirm', async () => {
    const made = await charge('failed', bench.cards['needs the shopper'])
    const query = await bench.answerChallenge(made.next_action?.url ?? '', 'fail')
    const { status, failure } = await comeBack(made, query)
    assert.deepEqual([status, failure?.code], ['failed', 'authentication_failed'])
  })

  it('is not paid by what the bank said of another payment, nor by what somebody made up', async () => {
    const [made, other] = [
      await charge('mine', bench.cards['needs the shopper']),
      await charge('another', bench.cards['needs the shopper']),
    ]
    const stays = ['requires_action', 0, []]
    for (const query of [await confirm(other), { redirectResult: 'made-up' }]) {
      const { status, amount_captured, flags } = await comeBack(made, query)
      assert.deepEqual([status, amount_captured, flags], stays)
    }
    // The other was paid at Adyen by that, as its shopper wanted; its own return, or its webhook, tells.
    assert.equal((await comeBack(made, await confirm(made))).status, 'captured')
  })

  it('is in doubt when Adyen’s answer at the return is lost: an operator hears of it, unless Adyen tells first', async () => {
    const made = await charge('lost', bench.cards['needs the shopper'])
    const query = await confirm(made)
    const lose: Deps['send'] = async (request) => {
      await bench.send(request)
      return { failure: 'timeout', requestWasSent: true }
    }
    Object.assign(world.deps, { send: lose })
    const waiting = await comeBack(made, query)
    Object.assign(world.deps, { send: bench.send })
    assert.deepEqual([waiting.status, waiting.failure], ['requires_action', null])
    const later = (minutes: number): Deps => ({ ...world.deps, now: () => new Date(Date.now() + minutes * 60_000) })
    await resolveDueAttempts(later(1))
    await alertUnresolved(later(20))
    const { rows } = await world.pool.query(
      'select id, state, alerted_at is not null as alerted from attempts where charge_id = $1',
      [made.id],
    )
    assert.deepEqual([rows[0].state, rows[0].alerted], ['unknown', true])
    const told: Outcome = { outcome: 'approved', pspReference: made.psp.reference ?? '', captured: 1000n, card: null }
    assert.equal((await settleAttempt(world.deps, rows[0].id, told))?.charge.status, 'captured')
  })

  it('on file is charged without its security code, and the network’s id of the payment is known', async () => {
    const onFile = { initiator: 'merchant', network_transaction_id: '123456789012345' }
    const made = await charge('on file', bench.cards.approves, onFile, false)
    assert.equal(made.status, 'captured', JSON.stringify(made.failure))
    assert.match(made.network_transaction_id ?? '', /^\w{9,36}$/)
  })
})
