import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCached } from './cached.ts'

/** A database that answers when it is told to, by the number of the question. */
function createSlowLoad() {
  const answers: (() => void)[] = []
  const load = () =>
    new Promise<{ read: number }>((resolve) => {
      const read = answers.length + 1
      answers.push(() => resolve({ read }))
    })
  return { load, answers }
}

/** Whether it waits, or what it gave. */
const stateOf = (reading: Promise<{ read: number }>) => Promise.race([reading, sleep(20, 'waits' as const)])
const ttl = 30

describe('what is remembered of the database', () => {
  it('is waited for when it is older than its time', async () => {
    const { load, answers } = createSlowLoad()
    const cached = createCached(load, { ttl })
    const first = cached.read('m')
    answers[0]?.()
    assert.deepEqual(await first, { read: 1 })
    await sleep(2 * ttl)
    const second = cached.read('m')
    assert.equal(await stateOf(second), 'waits')
    answers[1]?.()
    assert.deepEqual(await second, { read: 2 })
  })

  it('is given while it is read anew, where that was chosen; and never again once it was dropped', async () => {
    const { load, answers } = createSlowLoad()
    const cached = createCached(load, { ttl, servesStale: true })
    const first = cached.read('m')
    assert.equal(await stateOf(first), 'waits', 'the very first reading has nothing to give')
    answers[0]?.()
    await first
    await sleep(2 * ttl)
    assert.deepEqual(await stateOf(cached.read('m')), { read: 1 })
    assert.deepEqual(await stateOf(cached.read('m')), { read: 1 })
    assert.equal(answers.length, 2, 'it is read once for all who ask meanwhile')
    // A change is announced while the old state is being read: neither it nor what that reading finds is given.
    cached.dropAll()
    const afterDrop = cached.read('m')
    answers[1]?.()
    assert.equal(await stateOf(afterDrop), 'waits')
    answers[2]?.()
    assert.deepEqual(await afterDrop, { read: 3 })
    assert.deepEqual(await stateOf(cached.read('m')), { read: 3 })
  })

  it('is forgotten when it cannot be read anew', async () => {
    let isDown = false
    const load = async () => {
      if (isDown) throw new Error('the database is away')
      return { read: 1 }
    }
    const cached = createCached(load, { ttl, servesStale: true })
    await cached.read('m')
    isDown = true
    await sleep(2 * ttl)
    assert.deepEqual(await cached.read('m'), { read: 1 })
    await sleep(5)
    await assert.rejects(cached.read('m'), /the database is away/)
  })
})
