import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeDueQueue } from './due-queue.ts'
import { makeSlot, type Slot } from './slot.ts'
import { makeTable, settleSlot } from './table.ts'
import { makeRandom } from './testing/random.ts'

type Row = { id: string; at: number | null }

describe('a queue of rows that wait for a time', () => {
  it('gives at any time what a search of all rows would, in order, through any changes', () => {
    const random = makeRandom(7)
    const queue = makeDueQueue<Row>((row) => row.at)
    const rules = { name: 'rows', primaryKey: (row: Row) => row.id, nullable: ['at'], checks: [], references: [] }
    const table = makeTable<Row>(rules, { others: [queue] })
    const slots: Slot<Row>[] = Array.from({ length: 40 }, () => makeSlot(table))
    const write = (slot: Slot<Row>, row: Row | null) => {
      slot.pending = row
      slot.isWritten = true
      if (row !== null && row.at !== null && row.at !== slot.committed?.at) queue.add(row.at, slot, row)
      settleSlot(slot, true)
    }
    for (let step = 0; step < 20_000; step++) {
      const place = random.below(slots.length)
      const at = random.chance(0.4) ? null : step + random.below(50)
      write(slots[place] as Slot<Row>, random.chance(0.1) ? null : { id: `${place}`, at })
      if (step % 10 !== 0) continue
      const waiting = slots.flatMap(({ committed }) => committed?.at ?? [])
      assert.equal(queue.earliest(), Math.min(...waiting))
      const due = waiting.filter((time) => time <= step + 20).sort((a, b) => a - b)
      const limit = 1 + random.below(10)
      const collected = queue.collect(step + 20, limit, () => true)
      assert.deepEqual(
        collected.map(({ committed }) => committed?.at),
        due.slice(0, limit),
      )
      assert.equal([...queue.waiting()].length, waiting.length)
    }
  })
})
