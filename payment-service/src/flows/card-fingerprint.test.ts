import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { CardFacts } from '@fincore/api-contract/card-door'
import { isRefusal } from '../refusal.ts'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { beginCardCharge } from './charge-card.ts'

const visa: CardFacts = { brand: 'visa', first6: '411111', last4: '1111', length: 16, luhnOk: true, cvcLength: 3 }

const use = {
  keyId: 'key_1',
  grantId: 'grant_1',
  certificateFingerprint: null,
  sourceAddress: '192.0.2.1',
  requestId: 'req_1',
}

/** What the relay would send up; the code stands in its place in the text, as the relay's blanked body never has it. */
const bodyWith = (cvc: string) =>
  JSON.stringify({
    amount: 1000,
    currency: 'EUR',
    payment_method: { type: 'card', card: { number: '****************', cvc, exp_month: 12, exp_year: 2034 } },
  })

describe('the fingerprint of a card charge', () => {
  let world: ApiWorld
  let merchantId: string
  before(async () => {
    world = await createApiWorld()
    merchantId = await world.addMerchant()
    const account = await world.addPspAccount(merchantId, {
      secret_key: `sk_sandbox_${'s'.repeat(32)}`,
      public_key: `pk_sandbox_${'p'.repeat(32)}`,
      webhook_secret: 'w'.repeat(32),
    })
    const config = { api_url: 'https://127.0.0.1:1', pages_url: 'http://127.0.0.1:2' }
    await world.pool.query('update psp_accounts set config = $1 where id = $2', [config, account])
  })
  after(() => world.close())

  const begin = async (idempotencyKey: string, cvc: string, card: CardFacts) => {
    const charge = { merchantId, idempotencyKey, blankedBody: bodyWith(cvc), card }
    const step = await beginCardCharge(world.deps, { ...charge, use })
    if (isRefusal(step)) return step.refused
    return 'do' in step ? step.do : `replay of ${step.status}`
  }

  it('covers nothing of the security code: the same charge with another code is a repeat', async () => {
    assert.equal(await begin('one', '***', visa), 'send')
    for (const [cvc, cvcLength] of [
      ['***', 3],
      ['****', 4],
      ['123', 3],
      ['456', 3],
    ] as const)
      assert.notEqual(await begin('one', cvc, { ...visa, cvcLength }), 'idempotency_key_reused', cvc)
  })

  it('covers of the number what may be shown, so that another card is another request', async () => {
    assert.equal(await begin('two', '***', visa), 'send')
    assert.equal(await begin('two', '***', { ...visa, last4: '1112' }), 'idempotency_key_reused')
    assert.equal(await begin('two', '***', { ...visa, first6: '411112' }), 'idempotency_key_reused')
  })
})
