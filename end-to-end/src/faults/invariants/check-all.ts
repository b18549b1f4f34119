import type { Evidence, InvariantName, Violation } from './evidence.ts'
import { checkOneEffect } from './i1-one-effect.ts'
import { checkRecords } from './i2-every-movement-recorded.ts'
import { checkDurable } from './i3-done-is-durable.ts'
import { checkFinality } from './i4-no-final-state-reverses.ts'
import { checkConservation } from './i5-conservation.ts'
import { checkEvents } from './i6-every-change-is-told.ts'
import { checkCertainty } from './i7-nothing-stays-unknown.ts'

/** The seven invariants of money, in the words that FinCore is judged by. */
export const invariants: Readonly<Record<InvariantName, { says: string; check(evidence: Evidence): Violation[] }>> = {
  I1: {
    says: 'at most one authorization per charge, and one effect per capture, cancel or refund request',
    check: checkOneEffect,
  },
  I2: {
    says: 'every movement at the PSP has its record in FinCore, and every final record has its movement',
    check: checkRecords,
  },
  I3: { says: 'an answer that said done is durable', check: checkDurable },
  I4: { says: 'no final state reverses', check: checkFinality },
  I5: { says: 'refunded + pending ≤ captured ≤ authorized ≤ amount, always', check: checkConservation },
  I6: {
    says: 'every change has its event, sequences have no gap, and every event reaches its endpoint at least once',
    check: checkEvents,
  },
  I7: {
    says: 'nothing stays unknown once the PSP can answer; nothing unknown is ever called failed',
    check: checkCertainty,
  },
}

export function checkAll(evidence: Evidence): Violation[] {
  return Object.values(invariants).flatMap(({ check }) => check(evidence))
}
