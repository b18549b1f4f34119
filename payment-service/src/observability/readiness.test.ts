import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createReadiness } from './readiness.ts'

it('is not ready while the database is away, asks at most once a second, and is not ready for good once it drains', async () => {
  let time = 0
  let asked = 0
  let isAway = true
  const readiness = createReadiness(
    async () => {
      asked++
      if (isAway) throw new Error('the database is away')
    },
    () => time,
  )
  assert.equal(await readiness.findObstacle(), 'database')
  isAway = false
  assert.equal(await readiness.findObstacle(), 'database', 'remembered')
  time = 1_000
  assert.equal(await readiness.findObstacle(), null)
  time = 1_999
  assert.equal(await readiness.findObstacle(), null)
  assert.equal(asked, 2)
  readiness.drain()
  assert.equal(await readiness.findObstacle(), 'draining')
  time = 10_000
  assert.equal(await readiness.findObstacle(), 'draining')
  assert.equal(asked, 2, 'who drains asks nobody')
})

it('does not wait for a database that hangs, and does not ask it again beside the question that hangs', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let asked = 0
  let time = 0
  let answer = () => {}
  const readiness = createReadiness(
    () => {
      asked++
      return new Promise<void>((resolve) => {
        answer = resolve
      })
    },
    () => time,
  )
  const first = readiness.findObstacle()
  t.mock.timers.tick(2_000)
  assert.equal(await first, 'database')
  time = 1_000
  const second = readiness.findObstacle()
  answer()
  assert.equal(await second, null, 'the same question, answered at last')
  assert.equal(asked, 1)
})
