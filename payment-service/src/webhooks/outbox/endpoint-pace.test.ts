import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { placesAfter } from './endpoint-pace.ts'

const [quick, unhurried, slow] = [5, 700, 3_001]

/** The places after tries that took so long, each with more waiting. */
const after = (places: number, tookMs: number, tries: number, failed = false) =>
  Array.from({ length: tries }).reduce<number>((now) => placesAfter(now, { failed, tookMs }, true), places)

describe('the places of an endpoint', () => {
  it('grow by one with each quick answer, so that they double with each round, to 48', () => {
    assert.deepEqual([after(1, quick, 1), after(2, quick, 2), after(4, quick, 4)], [2, 4, 8])
    assert.equal(after(1, quick, 1_000), 48)
  })

  it('grow to four with answers that are not quick, and come back to four, one by one', () => {
    assert.equal(after(1, unhurried, 1_000), 4)
    assert.equal(after(48, unhurried, 1), 47)
    assert.equal(after(48, unhurried, 1_000), 4)
  })

  it('do not grow where nothing more waits, and do not shrink for that', () => {
    assert.equal(placesAfter(1, { failed: false, tookMs: quick }, false), 1)
    assert.equal(placesAfter(48, { failed: false, tookMs: quick }, false), 48)
  })

  it('are halved by a failure, and one again when all that was under way has failed', () => {
    assert.equal(after(48, quick, 1, true), 24)
    for (const places of [1, 2, 4, 8, 48]) {
      assert.equal(after(places, quick, places, true), 1)
      // None of them is free before all have come back: what waits meets a dead endpoint one at a time.
      for (let failures = 1; failures < places; failures++)
        assert.ok(after(places, quick, failures, true) <= places - failures, `${places} places, ${failures} failures`)
    }
  })

  it('are one again at once when an answer was slow, or none came', () => {
    assert.equal(after(48, slow, 1), 1)
    assert.equal(after(48, 15_000, 1, true), 1)
  })

  it('are what merchants and operators are told: 48 within half a second, four up to 3 s, then one', () => {
    assert.deepEqual([after(1, 500, 1_000), after(1, 501, 1_000), after(1, 3_000, 1_000)], [48, 4, 4])
    assert.equal(after(48, 3_001, 1), 1)
    const told = {
      'guides/webhooks.md': 'answer within half a second: then FinCore sends up to 48 at a time',
      'runbooks/webhook-backlog.md': 'when it answers within half a second, four when later, one after 3 s',
      'scaling.md': 'Each answer within half a second brings one more',
    }
    for (const [page, words] of Object.entries(told))
      assert.ok(readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8').includes(words), page)
  })
})
