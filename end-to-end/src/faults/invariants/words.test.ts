import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chargeTransitions } from '@fincore/payment-service/payments/charge-states'
import { refundTransitions } from '@fincore/payment-service/payments/refund-states'
import { sessionTransitions } from '@fincore/payment-service/payments/session-states'
import { following, isFinal, mayFollow } from './words.ts'

/** Every status that can be seen after each: what is read twice may have taken several steps between. */
function reachable(transitions: Readonly<Record<string, Readonly<Record<string, string>>>>): Record<string, string[]> {
  const from = (status: string, seen: Set<string> = new Set()): Set<string> => {
    if (seen.has(status)) return seen
    seen.add(status)
    for (const next of Object.values(transitions[status] ?? {})) if (Object.hasOwn(transitions, next)) from(next, seen)
    return seen
  }
  return Object.fromEntries(Object.keys(transitions).map((status) => [status, [...from(status)].sort()]))
}

describe('the words that the drill judges by', () => {
  const tables = { charge: chargeTransitions, refund: refundTransitions, payment_session: sessionTransitions }
  it('are about the same objects as FinCore’s tables', () => {
    assert.deepEqual(Object.keys(following).sort(), Object.keys(tables).sort())
  })
  for (const [object, transitions] of Object.entries(tables)) {
    it(`of a ${object} are those of FinCore’s table`, () => {
      const words = Object.entries(following[object] ?? {}).map(([status, next]) => [status, [...next].sort()])
      assert.deepEqual(Object.fromEntries(words), reachable(transitions))
    })
  }
  it('do not let a status pass that there is not', () => {
    assert.throws(() => mayFollow('charge', 'captured', 'undefined'), /cannot be “undefined”/)
    assert.throws(() => mayFollow('charge', 'paid', 'captured'), /cannot be “paid”/)
    assert.throws(() => isFinal('refund', 'toString'), /cannot be “toString”/)
    assert.ok(mayFollow('ping', 'undefined', 'undefined'))
    assert.ok(!isFinal('ping', 'undefined'))
  })
})
