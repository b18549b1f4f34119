import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { lowestIdAt, timeOfId } from '../ids.ts'
import { createLatelySeen } from './lately-seen.ts'
import { addPayments, type BooksWorld, openBooksWorld } from './testing/books-world.ts'

const minuteMs = 60_000

describe('a window of many pages', () => {
  let world: BooksWorld
  before(async () => {
    world = await openBooksWorld()
  })
  after(() => world.close())

  it('is compared to its end on both sides, with a question for what differs and for nothing else', async () => {
    const from = new Date(Date.now() - 180 * minuteMs)
    // Three pages of the PSP's list, and two of ours that follow at once when the list has ended.
    const count = 600
    await addPayments(world, count, from, 5 * minuteMs)
    const to = new Date(from.getTime() + 20 * minuteMs)
    const pages: number[] = []
    const report = await world.reconcile({ from, to, onProgress: ({ movements }) => pages.push(movements) })
    assert.deepEqual([report.differences, report.stopped], [[], null])
    assert.deepEqual([report.totals.movements, report.totals.records, report.totals.questions], [2 * count, count, 0])
    assert.ok(new Set(pages).size >= 3, 'it tells how far it is')

    world.tamper(`DELETE FROM movements WHERE id = 'pay_000000007'`)
    world.tamper(`DELETE FROM payments WHERE id = 'pay_000000007'`)
    world.tamper(`UPDATE movements SET amount = 1 WHERE id = 'pay_000000399' AND kind = 'capture'`)
    world.tamper(
      `UPDATE movements SET reference = 'x', own_reference = 'x' WHERE id = 'pay_000000599' AND kind = 'authorization'`,
    )
    await world.owner.query(
      `update charges set psp_reference = null, status = 'processing', captured = 0 where psp_reference = 'pay_000000500'`,
    )
    await world.owner.query(
      `update attempts set psp_reference = null, state = 'unknown', settled_at = null, next_lookup_at = now() where psp_reference = 'pay_000000500'`,
    )
    const found = await world.reconcile({ from, to })
    assert.deepEqual(found.differences.map((one) => `${one.pspPayment} ${one.class} ${one.state}`).sort(), [
      'pay_000000007 missing_at_psp open',
      'pay_000000399 amount_differs open',
      'pay_000000500 missed_event repaired',
      // Ours by the PSP's id alone, and under a reference that the PSP denies.
      'pay_000000599 unconfirmed open',
    ])
    assert.equal(found.totals.questions, 3)
  })
})

describe('what was seen lately', () => {
  it('is forgotten by time and by number, the oldest first', () => {
    const seen = createLatelySeen(4)
    const at = (second: number) => new Date(second * 1_000)
    for (let n = 0; n < 3; n++)
      seen.add({ kind: 'capture', names: [`a${n}`, `b${n}`], pspReference: `p${n}`, at: at(n) })
    assert.deepEqual([seen.find('capture', 'b0'), seen.find('capture', 'a1'), seen.size()], [undefined, 'p1', 4])
    assert.equal(seen.find('refund', 'a1'), undefined)
    seen.forgetBefore(at(2))
    assert.deepEqual([seen.find('capture', 'a1'), seen.find('capture', 'a2'), seen.size()], [undefined, 'p2', 2])
  })

  it('an id is found by the time in which it was made', () => {
    const time = new Date('2026-11-29T05:00:00.123Z')
    assert.equal(timeOfId(lowestIdAt('attempt', time)).getTime(), time.getTime())
    assert.ok(lowestIdAt('attempt', time) < lowestIdAt('attempt', new Date(time.getTime() + 1)))
  })
})
