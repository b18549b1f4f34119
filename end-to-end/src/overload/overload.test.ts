import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measureOverload, describe as report } from './measure.ts'
import { findBrokenRules, smallMargins } from './rules.ts'

/**
 * A small `npm run drill:overload`, by the same rules. Everything is compared within this one run, and with wide margins,
 * because what a machine can do changes with whatever else runs on it.
 */
describe('ten times the load that FinCore can carry', () => {
  it('is shed before anything is begun, and what was begun is finished', { timeout: 120_000 }, async (context) => {
    const extent = { rounds: 1, peakMs: 1_500, overloadMs: 2_500, tokens: 700, hasTroubled: false }
    const measured = await measureOverload(extent, (line) => context.diagnostic(line))
    for (const line of report(measured)) context.diagnostic(line)
    assert.deepEqual(findBrokenRules(measured, smallMargins), [])
  })
})
