import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quantile } from './load.ts'
import { count, measureOverload, describe as report } from './measure.ts'

/**
 * A small `npm run drill:overload`. Everything is compared within this one run, and with wide margins, because what a
 * machine can do changes with whatever else runs on it.
 */
describe('ten times the load that FinCore can carry', () => {
  it('is shed before anything is begun, and what was begun is finished', { timeout: 120_000 }, async (context) => {
    const extent = { rounds: 1, peakMs: 1_500, overloadMs: 2_500, tokens: 700, hasTroubled: false }
    const measured = await measureOverload(extent, (line) => context.diagnostic(line))
    for (const line of report(measured)) context.diagnostic(line)
    const { peak, overload, books } = measured
    const { tallies } = overload
    const [greedy, ...others] = tallies
    const small = tallies.at(-1)
    const shedMs = tallies.flatMap((tally) => tally.shedMs)
    assert.ok(count(tallies, 'shed') > 0.5 * count(tallies, 'sent'), 'most of it is shed')
    assert.equal(count(tallies, 'shedWrongly'), 0, 'with Retry-After and a code')
    assert.deepEqual(Object.assign({}, ...tallies.map((tally) => tally.others)), {}, 'nothing else is answered')
    // The load is too short for what is answered within it to be a measure; so is counted what was taken during it.
    const takenPerSecond = count(tallies, 'served') / (extent.overloadMs / 1_000)
    assert.ok(takenPerSecond > 0.4 * peak.perSecond, `${takenPerSecond} of ${peak.perSecond} a second`)
    assert.ok(
      quantile(shedMs, 0.5) <
        quantile(
          tallies.flatMap((tally) => tally.servedMs),
          0.5,
        ) /
          2,
      'at once',
    )
    // A greedy merchant asks for ten times as much as each of the others, and does not get it.
    const most = Math.max(...others.map(({ served }) => served))
    assert.ok((greedy?.served ?? 0) < 5 * most, `${greedy?.served} and ${most}`)
    assert.ok((small?.served ?? 0) >= 0.6 * (small?.sent ?? 0), `${small?.served} of ${small?.sent}`)
    // As many intents as were served, as many calls to the PSP as there are intents, and the bank knows the same.
    assert.deepEqual(
      [books.charges, books.authorizeCalls],
      [count(tallies, 'served') + count(peak.tallies, 'served') + peak.warmUp, books.charges],
    )
    assert.deepEqual([books.unsettled, books.doubled, books.different], [0, 0, 0])
  })
})
