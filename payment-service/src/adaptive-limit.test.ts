import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAdaptiveLimit } from './adaptive-limit.ts'

const bounds = { least: 10, first: 100, most: 800 }

/** Something that does so much in a second, however much it is given at once: the more, the longer each takes. */
function simulate(perSecond: () => number, seconds: number, wantedAtOnce = Number.POSITIVE_INFINITY): number {
  let nowMs = 0
  const limit = createAdaptiveLimit({ bounds, target: () => 100, now: () => nowMs })
  const queue: number[] = []
  let credit = 0
  for (; nowMs < seconds * 1_000; nowMs += 10) {
    while (queue.length < Math.min(limit.current(), wantedAtOnce)) queue.push(nowMs)
    limit.wanted(queue.length)
    for (credit += perSecond() / 100; credit >= 1 && queue.length > 0; credit--) {
      const begunAt = queue.shift()
      if (begunAt !== undefined) limit.took(begunAt, nowMs - begunAt)
    }
  }
  return limit.current()
}

describe('the adaptive limit', () => {
  it('finds what can be done in the target time, on a slow machine and on a fast one', () => {
    for (const perSecond of [200, 1_000, 5_000]) {
      const found = simulate(() => perSecond, 30)
      const right = perSecond * 0.1
      assert.ok(found >= 0.6 * right && found <= 1.6 * right, `${found} for ${perSecond} a second`)
    }
  })

  it('keeps its bounds, when nothing is done in time and when everything is', () => {
    assert.equal(
      simulate(() => 0, 60),
      bounds.first,
      'nothing is done, so nothing is known',
    )
    assert.equal(
      simulate(() => 20, 60),
      bounds.least,
    )
    assert.equal(
      simulate(() => 100_000, 60),
      bounds.most,
    )
  })

  it('changes nothing while less is wanted than may be', () => {
    assert.equal(
      simulate(() => 100, 60, 20),
      bounds.first,
    )
  })

  it('returns to where it began when less is asked', () => {
    let nowMs = 0
    const limit = createAdaptiveLimit({ bounds, target: () => 100, now: () => nowMs })
    const pass = (taken: number, ms: number) => {
      nowMs += 101
      limit.wanted(taken)
      limit.took(nowMs, ms)
      return limit.current()
    }
    while (pass(1_000, 400) > bounds.least);
    for (let times = 0; times < 200; times++) pass(1, 10)
    assert.equal(limit.current(), bounds.first)
  })

  it('follows a machine that slows down and recovers', () => {
    let perSecond = 2_000
    let nowMs = 0
    const limit = createAdaptiveLimit({ bounds, target: () => 100, now: () => nowMs })
    const queue: number[] = []
    let credit = 0
    const run = (seconds: number) => {
      for (const until = nowMs + seconds * 1_000; nowMs < until; nowMs += 10) {
        while (queue.length < limit.current()) queue.push(nowMs)
        limit.wanted(queue.length)
        for (credit += perSecond / 100; credit >= 1 && queue.length > 0; credit--) {
          const begunAt = queue.shift()
          if (begunAt !== undefined) limit.took(begunAt, nowMs - begunAt)
        }
      }
      return limit.current()
    }
    const before = run(20)
    perSecond = 300
    const during = run(20)
    perSecond = 2_000
    const after = run(20)
    assert.ok(during < before / 3 && after > before / 2, `${before}, ${during}, ${after}`)
  })
})
