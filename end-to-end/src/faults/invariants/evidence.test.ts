import assert from 'node:assert/strict'
import { it } from 'node:test'
import type pg from 'pg'
import { gatherEvidence } from './evidence.ts'

/** A system that changes until it was looked at so many times. */
function gatherWhileItChanges(looks: number) {
  let looked = 0
  let readings = 0
  const query = async (sql: string) => {
    if (!sql.includes('as changes')) return { rows: [] }
    looked++
    return { rows: [{ changes: String(Math.min(looked, looks)) }] }
  }
  const gathered = gatherEvidence({
    database: { query } as unknown as pg.Pool,
    merchant: 'mer_1',
    readTruth: async () => {
      readings++
      return { movements: [] }
    },
    readApi: async () => ({}),
    asked: [],
    received: [],
    samples: [],
    settleMs: 0,
  })
  return gathered.then(({ isStill }) => ({ isStill, readings }))
}

it('evidence is read again while something changes, five times at most, and says so', async () => {
  assert.deepEqual(await gatherWhileItChanges(1), { isStill: true, readings: 1 })
  assert.deepEqual(await gatherWhileItChanges(4), { isStill: true, readings: 3 })
  assert.deepEqual(await gatherWhileItChanges(Number.POSITIVE_INFINITY), { isStill: false, readings: 5 })
})
