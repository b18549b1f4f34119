import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { DrillResult } from '../faults/drill.ts'
import type { Movement } from '../faults/invariants/evidence.ts'
import type { Aftermath } from './aftermath.ts'
import type { Restored } from './restore.ts'
import { findRestoreReasons } from './restore-reasons.ts'

const restored: Restored = {
  backUpMs: 1,
  segments: 1,
  restoreMs: 1,
  withoutServiceMs: 1,
  acknowledged: { before: ['ch_1'], after: ['ch_2'] },
  present: { before: 1, after: 0 },
  audit: { earlierSeal: 'whole', laterSeal: 'not whole' },
}
const movement = { kind: 'capture', payment: 'pay_2', own_reference: 'att_2', at: 1 } as Movement
const drill = {
  evidence: { truth: [movement], attempts: [], charges: [] },
  violations: [],
  unrest: { attempts: 0, inbox: 3 },
} as unknown as DrillResult
const aftermath = (payment: string | null): Aftermath => ({
  before: { acknowledged: 2, gone: 1, lost: 1, doubled: 0, guessed: 0, others: 0 },
  forgotten: 1,
  comparedUntil: 2,
  reports: [
    {
      account: 'pspa_1',
      report: { differences: [{ class: 'unknown_here', state: 'open', psp_payment: payment }], stopped: null },
    },
  ],
})

it('a restore is right when all before its moment is there, and all that the PSP did after it was found', () => {
  assert.deepEqual(findRestoreReasons(restored, drill, aftermath('pay_2')), [])
  const wrong: [Restored, DrillResult, Aftermath, RegExp][] = [
    [{ ...restored, present: { before: 0, after: 0 } }, drill, aftermath('pay_2'), /1 charges from before/],
    [restored, drill, aftermath(null), /a capture of pay_2 at the PSP was not found/],
    [
      restored,
      { ...drill, unrest: { attempts: 1, inbox: 0 } } as DrillResult,
      aftermath('pay_2'),
      /did not come to rest/,
    ],
    [
      { ...restored, audit: { earlierSeal: 'not whole', laterSeal: 'not whole' } },
      drill,
      aftermath('pay_2'),
      /not whole up to the moment/,
    ],
    [{ ...restored, audit: { earlierSeal: 'whole', laterSeal: 'whole' } }, drill, aftermath('pay_2'), /was not missed/],
  ]
  for (const [what, result, found, says] of wrong) {
    const reasons = findRestoreReasons(what, result, found)
    assert.equal(reasons.length, 1)
    assert.match(reasons[0] ?? '', says)
  }
})
