import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createRandom } from '../faults/random.ts'
import { makeAttack } from './attacks.ts'
import type { Competitor } from './competitor.ts'
import { disguises, flows, kinds, measureAttack, measureCompetitor, measureHonestDay, mostCalls } from './figures.ts'
import { replay } from './replay.ts'

for (const flow of flows) {
  for (const [disguise, hidden] of Object.entries(disguises)) {
    it(`an attack on the flow ${flow} stops within ${mostCalls} calls to the PSP: ${disguise}`, async () => {
      for (const [kind, asked] of Object.entries(kinds)) {
        const { worst } = await measureAttack({ flow, ...hidden, ...asked }, [1, 2], 150)
        assert.ok(worst <= mostCalls, `${kind}: ${worst} calls`)
      }
    })
  }
}

it('the attack would go on without the defence: the replay counts every call', async () => {
  const off = { on: false }
  const rules = { address_declines: off, flow_declines: off, flow_small_amount_declines: off, bin_declines: off }
  const attack = { flow: 'token', ...disguises['one address'], ...kinds['small payments, telling declines'] } as const
  const payments = makeAttack({ ...attack, approvedShare: 0, parallel: 1 }, createRandom(1), 200)
  const { calls } = await replay(payments, { rules, allowed_addresses: [] })
  assert.equal(calls.attacker, 200)
})

it('an honest day trips nothing', async () => {
  const { payments, refused, blocks } = await measureHonestDay(1, 8_000)
  assert.ok(payments > 8_000)
  assert.deepEqual([refused, blocks], [0, []])
})

for (const name of ['few cards, as each block ends', 'six cards every half-hour'] as const satisfies Competitor[]) {
  it(`a competitor does not close a shop with made-up cards: ${name}`, async (test) => {
    const { refusedShoppers, shoppers, cards } = await measureCompetitor(name)
    test.diagnostic(`${shoppers - refusedShoppers} of ${shoppers} shoppers were served, against ${cards} cards`)
    assert.ok(refusedShoppers < shoppers * 0.2, `${refusedShoppers} of ${shoppers} were refused`)
  })
}
