import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DrillResult } from './drill.ts'
import { findReasons } from './report.ts'

/** A drill without a payment in which nothing went wrong. */
const goodResult: DrillResult = {
  seed: 1,
  payments: 0,
  evidence: {
    truth: [],
    charges: [],
    refunds: [],
    attempts: [],
    sessions: [],
    pspEvents: [],
    events: [],
    deliveries: [],
    endpoints: [],
    keys: [],
    api: new Map(),
    asked: [],
    received: [],
    samples: [],
  },
  violations: [],
  stories: [],
  faults: new Map(),
  kills: new Map(),
  unrest: null,
  isStill: true,
  times: { all: { count: 0, median: 0, p99: 0, max: 0 }, inDoubt: { count: 0, median: 0, p99: 0, max: 0 } },
  samples: 9,
  sampleFailures: [],
  ownExits: [],
  staleStamps: 0,
  wrongSignatures: 0,
  diskFull: [],
  logs: null,
  seconds: 1,
}

const troubles: [Partial<DrillResult>, RegExp][] = [
  [{ samples: 0 }, /never looked at/],
  [{ sampleFailures: ['error: column "captured" does not exist'] }, /could not be looked at .* "captured"/],
  [{ isStill: false }, /did not come to rest/],
  [{ ownExits: ['3.0 s  card relay, exit code 1'] }, /ended by themselves: 3\.0 s {2}card relay, exit code 1/],
  [{ payments: 10 }, /only 0 charges came of 10/],
  [{ faults: new Map([['step not reached: x', 1]]) }, /step not reached/],
  [{ violations: [{ invariant: 'I5', harm: 'lost', about: 'ch_1', what: '' }] }, /I5 does not hold, 1 times/],
]

describe('the fault drill fails', () => {
  it('not when nothing went wrong', () => {
    assert.deepEqual(findReasons(goodResult), [])
  })
  for (const [trouble, said] of troubles) {
    it(`with ${Object.keys(trouble).join()}`, () => {
      assert.match(findReasons({ ...goodResult, ...trouble }).join('; '), said)
    })
  }
})
