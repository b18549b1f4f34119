import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Charge } from '@fincore/api-contract/resources'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import { isRefusal } from '../refusal.ts'
import { beginCardCharge, type CardStep } from './charge-card.ts'
import { resolveDueAttempts } from './resolve-attempts.ts'
import { type DoubtWorld, openDoubtWorld, silence } from './testing/doubt-world.ts'

/**
 * Why no charge has to be voided after a crash of the card relay: a repeat under the same key is the same charge, and a
 * charge has one attempt that may have acted (docs/decisions/0011-settled-by-hand.md).
 */
describe('a card charge whose relay died after it had sent the card', () => {
  let world: DoubtWorld
  before(async () => {
    world = await openDoubtWorld()
    // A second account, where a repeat could be sent to.
    const id = 'pspa_zzzzzzzzzzzzzzzzzzzzzzzzzz'
    const account = await world.deps.directory.findPspAccount(world.merchant.account)
    await world.deps.pool.query(
      `insert into psp_accounts (merchant_id, id, psp, name, config, credentials)
       select merchant_id, $2, psp, 'Second', config, $3 from psp_accounts where id = $1`,
      [world.merchant.account, id, world.deps.vault.seal(JSON.stringify(account?.credentials), id)],
    )
  })
  after(() => world.close())

  const use = {
    keyId: 'key_1',
    grantId: 'grant_1',
    certificateFingerprint: null,
    sourceAddress: '192.0.2.1',
    requestId: 'req_1',
  }
  const card = { brand: 'visa', first6: '424242', last4: '4242', length: 16, luhnOk: true, cvcLength: 3 } as const
  const blankedBody = JSON.stringify({
    amount: 1000,
    currency: 'EUR',
    payment_method: { type: 'card', card: { number: '****************', cvc: '***', exp_month: 12, exp_year: 2034 } },
  })
  const charge = (idempotencyKey = 'order-1') =>
    beginCardCharge(world.deps, { merchantId: world.merchant.id, idempotencyKey, blankedBody, card, use })
  const statusOf = (step: CardStep): string => {
    if (isRefusal(step)) return step.refused
    return 'do' in step ? step.do : (step.body as Charge).status
  }

  it('is looked up and never sent again, also when the merchant repeats it: there is one charge and one payment', async () => {
    const step = await charge()
    assert.ok('do' in step)
    const body = step.body.replace('{{card.number}}', magicCardNumber('visa')).replace('{{card.cvc}}', '123')
    await world.deps.send({ method: 'POST', url: step.to, headers: step.headers, body }, 2_000)
    // The relay is gone. The merchant's repeats, at once and when the lease has run out.
    assert.equal(statusOf(await charge()), 'idempotency_key_in_use')
    world.state.aheadMs = 7_000
    world.state.fault = () => Promise.resolve(silence)
    await resolveDueAttempts(world.deps)
    await world.deps.pool.query(`update idempotency_keys set locked_until = now() - interval '1 second'`)
    assert.equal(statusOf(await charge()), 'processing')
    const { rows } = await world.deps.pool.query('select state from attempts')
    assert.deepEqual(rows, [{ state: 'sent' }])

    world.state.fault = () => null
    world.state.aheadMs = 60_000
    await resolveDueAttempts(world.deps)
    assert.equal(statusOf(await charge()), 'captured')
    assert.deepEqual(await world.bankOf(step.attempt), ['authorization 1000', 'capture 1000'])
    assert.equal((await world.deps.pool.query('select from charges')).rowCount, 1)
  })
})
