import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Outcome } from '../psp-gateway/port.ts'
import { type ChargeStatus, chargeHappenings, chargeStates, chargeTransitions } from './charge-states.ts'
import { type ChargeFacts, decideCharge } from './decide-charge.ts'

const fresh: ChargeFacts = {
  status: 'processing',
  amount: 1000n,
  captured: 0n,
  psp_reference: null,
  network_transaction_id: null,
  card: null,
  cancellation_reason: null,
}

const outcomes = {
  authorized: { outcome: 'approved', pspReference: 'pay_1', captured: 0n, card: null },
  captured: { outcome: 'approved', pspReference: 'pay_1', captured: 1000n, card: null },
  action: { outcome: 'action_required', pspReference: 'pay_1', actionUrl: 'https://psp.example/3ds', card: null },
  declined: { outcome: 'declined', pspReference: 'pay_1', code: 'card_declined', pspCode: '05', card: null },
  rejected: { outcome: 'rejected', code: 'not_executed', pspCode: null },
  canceled: { outcome: 'ended', pspReference: 'pay_1', reason: 'requested' },
  abandoned: { outcome: 'ended', pspReference: 'pay_1', reason: 'abandoned' },
  unknown: { outcome: 'unknown', why: 'the PSP did not answer' },
} as const satisfies Record<string, Outcome>

function applyAll(facts: readonly Outcome[]): { charge: ChargeFacts; changes: number } {
  let charge = fresh
  let changes = 0
  for (const outcome of facts) {
    const decision = decideCharge(charge, outcome)
    if (decision.kind !== 'change') continue
    charge = { ...charge, ...decision.change }
    changes++
  }
  return { charge, changes }
}

describe('a charge', () => {
  it('never leaves a final state, whatever the PSP says', () => {
    for (const final of ['failed', 'canceled', 'captured'] as const) {
      for (const step of Object.values(chargeTransitions[final]))
        assert.ok(step === 'same' || step === 'contradiction', `${final} → ${step}`)
    }
  })

  it('can reach every state, and every state knows every happening', () => {
    const reached = new Set<string>([
      'processing',
      ...Object.values(chargeTransitions).flatMap((row) => Object.values(row)),
    ])
    for (const state of Object.keys(chargeStates)) {
      assert.ok(reached.has(state), state)
      assert.deepEqual(
        Object.keys(chargeTransitions[state as ChargeStatus]).sort(),
        Object.keys(chargeHappenings).sort(),
      )
    }
  })

  it('is never called failed because of an answer that cannot be trusted', () => {
    for (const status of Object.keys(chargeStates) as ChargeStatus[]) {
      assert.equal(decideCharge({ ...fresh, status }, outcomes.unknown).kind, 'unknown')
    }
  })

  it('ends in the same state in every order of what a PSP can truthfully tell about it', () => {
    const stories: Outcome[][] = [
      [outcomes.action, outcomes.authorized, outcomes.captured, outcomes.captured, outcomes.unknown],
      [outcomes.action, outcomes.declined, outcomes.declined, outcomes.unknown],
      [outcomes.action, outcomes.abandoned, outcomes.abandoned],
      [outcomes.authorized, outcomes.canceled, outcomes.canceled, outcomes.unknown],
    ]
    for (const story of stories) {
      const inOrder = applyAll(story).charge.status
      fc.assert(
        fc.property(fc.shuffledSubarray(story, { minLength: story.length }), (shuffled) => {
          assert.equal(applyAll(shuffled).charge.status, inOrder)
        }),
        { seed: 20261123, numRuns: 200 },
      )
    }
  })

  it('changes nothing when the same fact comes again', () => {
    for (const outcome of Object.values(outcomes))
      assert.equal(applyAll([outcome, outcome, outcome]).changes, outcome.outcome === 'unknown' ? 0 : 1)
  })

  it('does not believe a PSP that captures more than the amount, or names another payment', () => {
    assert.equal(decideCharge(fresh, { ...outcomes.captured, captured: 1001n }).kind, 'contradiction')
    assert.equal(
      decideCharge(
        { ...fresh, status: 'authorized', psp_reference: 'pay_1' },
        { ...outcomes.captured, pspReference: 'pay_2' },
      ).kind,
      'contradiction',
    )
  })

  it('keeps an approval of an abandoned charge as a contradiction, and takes one of a canceled charge as old news', () => {
    const canceled = { ...fresh, status: 'canceled', psp_reference: 'pay_1' } as const
    assert.equal(
      decideCharge({ ...canceled, cancellation_reason: 'abandoned' }, outcomes.authorized).kind,
      'contradiction',
    )
    assert.equal(decideCharge({ ...canceled, cancellation_reason: 'requested' }, outcomes.authorized).kind, 'same')
  })

  it('says why it failed in words for the shopper, with the PSP’s own code beside them', () => {
    const decision = decideCharge(fresh, outcomes.declined)
    assert.ok(decision.kind === 'change')
    assert.deepEqual(decision.change.failure, {
      code: 'card_declined',
      message: 'The card was declined. Use another card, or ask the bank that issued it.',
      shopper_can_retry: 'other_card',
      psp_code: '05',
    })
    assert.equal(decision.change.eventType, 'charge.failed')
  })

  it('keeps the first six digits that the card relay saw, when the PSP tells the rest of the same card', () => {
    const seen = { brand: 'visa', first6: '424242', last4: '4242', exp_month: 12, exp_year: 2034 }
    const told = { ...seen, first6: null, exp_year: 2035 }
    const cardAfter = (card: typeof told, known: ChargeFacts['card']) => {
      const decision = decideCharge({ ...fresh, card: known }, { ...outcomes.captured, card })
      return decision.kind === 'change' ? decision.change.card : null
    }
    assert.deepEqual(cardAfter(told, seen), { ...told, first6: '424242' })
    assert.deepEqual(cardAfter({ ...told, last4: '1881' }, seen), { ...told, last4: '1881' })
    assert.deepEqual(cardAfter(told, null), told)
  })
})
