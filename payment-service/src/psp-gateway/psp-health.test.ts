import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PspReply } from './port.ts'
import { createPspHealth } from './psp-health.ts'

const answered = (status: number): PspReply => ({ status, headers: {}, body: '' })
const refused: PspReply = { failure: 'refused', requestWasSent: false }
const silent: PspReply = { failure: 'timeout', requestWasSent: true }

function openHealth() {
  const clock = { ms: 1_000_000 }
  const told: string[] = []
  const health = createPspHealth({
    now: () => clock.ms,
    onChange: ({ accountId, way, state }) => void told.push(`${accountId} ${way} ${state}`),
  })
  const report = (times: number, reply: PspReply) => {
    for (let time = 0; time < times; time++) health.ours.report('a', reply)
  }
  return { clock, told, health, breakers: health.ours, report }
}

describe('the breaker of a PSP account', () => {
  const counting: [string, PspReply, 'open' | 'closed'][] = [
    ['that cannot be reached', refused, 'open'],
    ['that is silent', silent, 'open'],
    ['that answers 500', answered(500), 'open'],
    ['that answers 503', answered(503), 'open'],
    ['that declines', answered(402), 'closed'],
    ['that refuses our credentials', answered(401), 'closed'],
    ['that limits our rate', answered(429), 'closed'],
    ['that approves', answered(201), 'closed'],
  ]
  for (const [what, reply, expected] of counting) {
    it(`of a PSP ${what} is ${expected} after five calls, not before`, () => {
      const { breakers, report } = openHealth()
      report(4, reply)
      assert.equal(breakers.stateOf('a'), 'closed')
      report(1, reply)
      assert.equal(breakers.stateOf('a'), expected)
    })
  }

  it('opens when half of twenty calls fail, in whatever order; old calls do not count', () => {
    const { breakers, report, clock } = openHealth()
    const pair = () => {
      report(1, answered(200))
      report(1, silent)
    }
    for (let pairs = 0; pairs < 9; pairs++) pair()
    assert.equal(breakers.stateOf('a'), 'closed')
    clock.ms += 60_001
    pair()
    assert.equal(breakers.stateOf('a'), 'closed')
    assert.deepEqual([breakers.statusOf('a')?.calls, breakers.statusOf('a')?.failures], [2, 1])
    for (let pairs = 0; pairs < 9; pairs++) pair()
    assert.equal(breakers.stateOf('a'), 'open')
  })

  it('lets one through when its time is over, and closes when that one is answered', () => {
    const { breakers, report, clock, told } = openHealth()
    report(5, refused)
    assert.deepEqual([breakers.stateOf('a'), breakers.retryAfterSeconds('a')], ['open', 5])
    // A capture, say, that nobody holds back; too early to prove anything.
    report(1, answered(200))
    assert.equal(breakers.stateOf('a'), 'open')
    clock.ms += 4_999
    assert.deepEqual([breakers.stateOf('a'), breakers.retryAfterSeconds('a')], ['open', 1])
    clock.ms += 1
    assert.equal(breakers.stateOf('a'), 'half_open')
    breakers.enter('a')
    assert.equal(breakers.stateOf('a'), 'open', 'for the second')
    assert.equal(breakers.statusOf('a')?.state, 'half_open', 'for operators')
    report(1, answered(402))
    assert.equal(breakers.stateOf('a'), 'closed')
    report(4, refused)
    assert.equal(breakers.stateOf('a'), 'closed', 'what was before is forgotten')
    assert.deepEqual(told, ['a ours open', 'a ours closed'])
  })

  it('stays open for twice as long after each try that fails, a minute at most', () => {
    const { breakers, report, clock } = openHealth()
    report(5, refused)
    const waits: number[] = []
    for (let round = 0; round < 6; round++) {
      waits.push(breakers.retryAfterSeconds('a'))
      clock.ms += breakers.retryAfterSeconds('a') * 1_000
      breakers.enter('a')
      report(1, silent)
    }
    assert.deepEqual(waits, [5, 10, 20, 40, 60, 60])
    assert.equal(breakers.statusOf('a')?.forMs, 195_000)
  })

  it('lets the next one through when the one that was let through did not call, or never told', () => {
    const { breakers, report, clock } = openHealth()
    report(5, refused)
    clock.ms += 5_000
    breakers.enter('a')
    breakers.leave('a')
    assert.equal(breakers.stateOf('a'), 'half_open')
    breakers.enter('a')
    clock.ms += 59_999
    assert.equal(breakers.stateOf('a'), 'open')
    clock.ms += 1
    assert.equal(breakers.stateOf('a'), 'half_open')
  })

  it('is the account’s own, and the way’s', () => {
    const { health, report } = openHealth()
    report(5, refused)
    assert.deepEqual(
      [health.ours.stateOf('a'), health.ours.stateOf('b'), health.relayed.stateOf('a')],
      ['open', 'closed', 'closed'],
    )
    assert.deepEqual([health.ours.list(), health.relayed.list()], [['a'], []])
    assert.deepEqual(health.ours.statusOf('a')?.lastFailure, { kind: 'refused', agoMs: 0 })
  })
})
