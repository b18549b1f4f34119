import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ByHand, outcomeByHand } from './outcome-by-hand.ts'

const charge = { kind: 'authorize', origin: 'merchant', amount: 1000n } as const
const approved: ByHand = { outcome: 'approved', captured: null, pspReference: 'x' }
const never: ByHand = { outcome: 'not_executed', captured: null, pspReference: null }

test('money that must go back can be settled as gone back or declined, and never left out', () => {
  for (const kind of ['refund', 'cancel'] as const) {
    const giveBack = { kind, origin: 'give_back', amount: 1000n } as const
    const left = outcomeByHand(never, giveBack)
    assert.ok('field' in left && left.why === 'impossible', kind)
    const done = outcomeByHand(approved, giveBack)
    assert.ok('outcome' in done && done.outcome === 'approved' && done.captured === 0n, kind)
  }
})

test('how much was captured is never taken for granted, never more than the charge, and of a capture what was asked', () => {
  const cases: [kind: 'authorize' | 'capture', captured: bigint | null, isRight: boolean][] = [
    ['authorize', null, false],
    ['authorize', 0n, true],
    ['authorize', 1000n, true],
    ['authorize', 1001n, false],
    ['capture', null, false],
    ['capture', 0n, false],
    ['capture', 999n, false],
    ['capture', 1000n, true],
    ['capture', 1001n, false],
  ]
  for (const [kind, captured, isRight] of cases)
    assert.equal(
      'outcome' in outcomeByHand({ ...approved, captured }, { ...charge, kind }),
      isRight,
      `${kind} ${captured}`,
    )
})
