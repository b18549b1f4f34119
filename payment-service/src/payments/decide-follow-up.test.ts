import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertAfterMs, nextLookUpAt, nextLookUpDelayMs } from './decide-follow-up.ts'

const doubtSince = new Date('2026-11-23T12:00:00Z')
const after = (seconds: number) => new Date(doubtSince.getTime() + seconds * 1_000)

test('a PSP is asked 2, 5, 15 and 30 s after the doubt began, and then every minute', () => {
  const asked: number[] = []
  let at = new Date(doubtSince.getTime() + nextLookUpDelayMs('unknown', 0))
  for (let count = 0; count < 8; count++) {
    asked.push((at.getTime() - doubtSince.getTime()) / 1_000)
    at = nextLookUpAt('unknown', doubtSince, at)
  }
  assert.deepEqual(asked, [2, 5, 15, 30, 90, 150, 210, 270])
})

test('a look-up that began late, or took long, puts no later one off, and none is caught up', () => {
  const cases: [askedAfter: number, next: number][] = [
    // Asked at 2 s, answered at 7: the one of 5 s is due at once.
    [2.4, 5],
    [7, 15],
    [14.999, 15],
    [15, 30],
    [31, 90],
    [89.5, 90],
    [90, 150],
    // An outage of an hour.
    [3_600, 3_630],
    // A clock that was set back.
    [-50, 2],
  ]
  for (const [askedAfter, next] of cases)
    assert.deepEqual(nextLookUpAt('sent', doubtSince, after(askedAfter)), after(next), String(askedAfter))
})

test('of a payment that waits for its shopper the PSP is asked every minute, and nobody is alerted before 15', () => {
  assert.deepEqual(nextLookUpAt('action_required', doubtSince, after(3)), after(63))
  assert.equal(nextLookUpDelayMs('action_required', 0), 60_000)
  assert.equal(alertAfterMs, 900_000)
})
