import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createBatcher, OverloadedError } from './batcher.ts'

const failure = (code: string) => Object.assign(new Error(code), { code })
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** A batcher of numbers that are doubled; `failWhen` may throw for a batch. */
function createDoubler(failWhen: (items: number[]) => void, limits?: { items?: number; statements?: number }) {
  const batches: number[][] = []
  const batcher = createBatcher<number, number>(async (items) => {
    batches.push(items)
    failWhen(items)
    return items.map((item) => 2 * item)
  }, limits)
  return { batches, submitAll: (items: number[]) => Promise.allSettled(items.map((item) => batcher.submit(item))) }
}

describe('a batcher', () => {
  it('sends together what arrives together, no more than its limit, and answers each its own', async () => {
    const { batches, submitAll } = createDoubler(() => {}, { items: 4 })
    const settled = await submitAll(numbers(10))
    assert.deepEqual(
      settled.map((one) => one.status === 'fulfilled' && one.value),
      numbers(10).map((item) => 2 * item),
    )
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [4, 4, 2],
    )
  })

  for (const code of ['22P02', '23514', '40P01', '40001']) {
    it(`sends each item alone after ${code}, so that one bad item fails alone`, async () => {
      const { batches, submitAll } = createDoubler((items) => {
        if (items.includes(1)) throw failure(code)
      })
      const settled = await submitAll(numbers(3))
      assert.deepEqual(
        settled.map((one) => one.status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.deepEqual(batches, [[0, 1, 2], [0], [1], [2]])
    })
  }

  for (const code of ['57P01', '08006', '53300', '57014', 'ECONNRESET', '']) {
    it(`fails the whole batch, and asks no more, after ${code || 'an error without a code'}`, async () => {
      const { batches, submitAll } = createDoubler(() => {
        throw code === '' ? new Error('Connection terminated unexpectedly') : failure(code)
      })
      const settled = await submitAll(numbers(200))
      assert.ok(settled.every((one) => one.status === 'rejected'))
      assert.equal(batches.length, 1, 'the commit may have happened, and an outage is not to be met 200 times')
    })
  }

  it('stops sending one by one when the database goes away meanwhile', async () => {
    const { batches, submitAll } = createDoubler((items) => {
      if (items.length > 1) throw failure('23505')
      if (items[0] === 1) throw failure('57P01')
    })
    const settled = await submitAll(numbers(100))
    assert.deepEqual(batches.slice(1), [[0], [1]])
    assert.equal(settled.filter((one) => one.status === 'fulfilled').length, 1)
  })

  it('tells an item that has waited too long, never sends it, and goes on when the database does', async () => {
    const sent: number[] = []
    let finish = () => {}
    const hanging = new Promise<void>((resolve) => {
      finish = resolve
    })
    const batcher = createBatcher<number, number>(
      async (items) => {
        sent.push(...items)
        if (items.includes(0)) await hanging
        return items
      },
      { statements: 1, waitMs: 40 },
    )
    const first = batcher.submit(0)
    await new Promise(setImmediate)
    const begunAt = performance.now()
    await Promise.all([1, 2].map((item) => assert.rejects(batcher.submit(item), OverloadedError)))
    const waited = performance.now() - begunAt
    assert.ok(waited >= 39 && waited < 2_000, `${waited} ms`)
    const patient = batcher.submit(3)
    finish()
    assert.deepEqual(await Promise.all([first, patient]), [0, 3])
    assert.deepEqual(sent, [0, 3])
  })
})
