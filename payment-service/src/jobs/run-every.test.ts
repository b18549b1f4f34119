import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLog } from '../log.ts'
import { createMetrics } from '../observability/metrics.ts'
import { factsOfRequest, withinRequest } from '../request-facts.ts'
import { runEvery } from './run-every.ts'

const metrics = createMetrics(new Set(['worker']))
const deps = { log: createLog('silent'), metrics }

describe('a job', () => {
  it('never overlaps itself, and a wake during a round brings exactly one more', async () => {
    let rounds = 0
    let inside = 0
    const job = runEvery(
      60_000,
      'inbox',
      async () => {
        rounds++
        assert.equal(++inside, 1)
        await sleep(20)
        inside--
      },
      deps,
    )
    for (let wakes = 0; wakes < 5; wakes++) job.wake()
    await sleep(70)
    assert.equal(rounds, 2)
    job.wake()
    await sleep(5)
    await job.stop()
    assert.equal(rounds, 3)
    assert.equal(inside, 0, 'stop waited for the running round')
    job.wake()
    assert.equal(rounds, 3, 'a stopped job is not woken')
  })

  it('is of no request, whoever wakes it, nor are the rounds after that one', async () => {
    const seen: unknown[] = []
    const job = runEvery(5, 'inbox', async () => void seen.push(factsOfRequest()), deps)
    withinRequest({ request_id: 'req_1' }, () => job.wake())
    await sleep(10)
    withinRequest({ request_id: 'req_2' }, () => job.wake())
    while (seen.length < 5) await sleep(5)
    await job.stop()
    assert.deepEqual(new Set(seen), new Set([undefined]))
  })

  it('comes back after a round that failed', async () => {
    let rounds = 0
    const job = runEvery(
      5,
      'inbox',
      async () => {
        rounds++
        throw new Error('the database is away')
      },
      deps,
    )
    await sleep(60)
    await job.stop()
    assert.ok(rounds > 2)
    assert.match(await metrics.render(), new RegExp(`^fincore_job_failures_total\\{task="inbox"\\} ${rounds}$`, 'm'))
  })
})
