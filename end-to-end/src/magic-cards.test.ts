import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { magicCards } from '@fincore/psp-sandbox/magic-cards'
import { cardCharge, eventually, startWorld, tokenCharge, type World } from './world.ts'

type MagicCard = (typeof magicCards)[number]

/**
 * Every magic card, by token and by the relay, judged by the sandbox's truth ledger: what FinCore says is what the bank
 * did. The PSP's time limit is short here, so that its silence does not make the test long.
 */
describe('every magic card ends in the truth', { concurrency: 6 }, () => {
  let world: World
  before(async () => {
    world = await startWorld({ env: { 'payment-service': { PSP_TIMEOUT_MS: '2500' } } })
  })
  after(() => world.close())

  for (const card of magicCards) {
    for (const flow of ['token', 'raw_card'] as const) {
      it(`${card.name} by ${flow}`, async () => {
        const body = flow === 'token' ? tokenCharge(await world.token(card.number)) : cardCharge(card.number)
        const made = flow === 'token' ? await world.api('POST', '/v1/charges', body) : await world.relay(body)
        assert.equal(made.status, 201, made.text)
        const charge = await eventually(
          `${card.name} to leave processing`,
          async () => {
            const read = await world.api('GET', `/v1/charges/${made.body.id}`)
            return read.body.status === 'processing' || waitsForNobody(card, read.body.status) ? null : read.body
          },
          30_000,
        )
        await compareWithTruth(world, String(charge.id), charge)
        assert.equal(charge.status, expectedStatus(card), JSON.stringify(charge.failure))
      })
    }
  }
})

function waitsForNobody(card: MagicCard, status: unknown): boolean {
  return card.outcome.do === 'challenge' && card.outcome.ends === 'abandoned' && status === 'requires_action'
}

function expectedStatus(card: MagicCard): string {
  switch (card.outcome.do) {
    case 'decline':
      return 'failed'
    case 'challenge':
      return card.outcome.ends === 'abandoned' ? 'canceled' : 'requires_action'
    case 'fault':
      return card.outcome.fault === 'timeout_before' ? 'failed' : 'captured'
    default:
      return 'captured'
  }
}

/** What FinCore says about a charge's money is exactly what the bank did, no more and no less. */
async function compareWithTruth(world: World, chargeId: string, charge: Record<string, unknown>): Promise<void> {
  const authorize = (await world.attempts(chargeId)).filter((attempt) => attempt.kind === 'authorize')
  assert.equal(authorize.length, 1)
  const truth = await world.truth(authorize[0]?.id ?? '')
  const sum = (kind: string) =>
    truth.movements.filter((movement) => movement.kind === kind).reduce((total, movement) => total + movement.amount, 0)
  assert.ok(truth.movements.filter((movement) => movement.kind === 'authorization').length <= 1)
  assert.equal(charge.amount_captured, sum('capture'), JSON.stringify(truth))
  if (charge.status === 'failed' || charge.status === 'canceled')
    assert.equal(sum('authorization'), sum('cancellation'))
  if (charge.status === 'captured' || charge.status === 'authorized') assert.equal(sum('authorization'), 1000)
}
