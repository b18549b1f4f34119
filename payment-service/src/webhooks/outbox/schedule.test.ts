import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nextTryDelayMs, readRetryAfterMs, tryDelaysMs } from './schedule.ts'

const hourMs = 3_600_000

describe('the schedule of a webhook', () => {
  it('has ten tries over 75 hours and 35 minutes', () => {
    assert.equal(tryDelaysMs.length, 10)
    assert.equal(
      tryDelaysMs.reduce((sum, delay) => sum + delay, 0),
      75 * hourMs + 35 * 60_000 + 5_000,
    )
  })

  it('varies by a tenth, and ends after the tenth try', () => {
    assert.equal(nextTryDelayMs(1, null, 0), 4_500)
    assert.equal(nextTryDelayMs(1, null, 0.5), 5_000)
    assert.equal(nextTryDelayMs(9, null, 1), 26.4 * hourMs)
    assert.equal(nextTryDelayMs(10, null, 0.5), null)
  })

  it('is put off by Retry-After, never brought forward, and by a day at most', () => {
    assert.equal(nextTryDelayMs(1, 60_000, 0.5), 60_000)
    assert.equal(nextTryDelayMs(2, 1_000, 0.5), 300_000)
    assert.equal(nextTryDelayMs(1, 99 * hourMs, 0.5), 24 * hourMs)
    assert.equal(nextTryDelayMs(10, 60_000, 0.5), null)
  })

  it('reads Retry-After as seconds or as a date, and nothing else', () => {
    const now = new Date('2026-11-23T12:00:00Z')
    const cases: [string | null, number | null][] = [
      [null, null],
      ['120', 120_000],
      [' 7 ', 7_000],
      ['Mon, 23 Nov 2026 12:01:00 GMT', 60_000],
      ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
      ['-5', null],
      ['1.5', null],
      ['soon', null],
      ['9'.repeat(40), null],
    ]
    for (const [header, ms] of cases) assert.equal(readRetryAfterMs(header, now), ms, String(header))
  })
})
