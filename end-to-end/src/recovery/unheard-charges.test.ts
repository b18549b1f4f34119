import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Violation } from '../faults/invariants/evidence.ts'
import type { Asked } from '../faults/journal.ts'
import { findUnnoticed, listUnheard } from './unheard-charges.ts'

const charge = (id: string, key: string, startedAt: number, endedAt: number, status: number | null = 201): Asked => ({
  payment: 1,
  method: 'POST',
  path: '/v1/charges',
  key,
  request: {},
  startedAt,
  endedAt,
  status,
  body: { id },
})

it('a charge is unheard of when it was first asked for after the standby was cut off, and acknowledged before the primary was killed', () => {
  const asked = [
    charge('ch_before', 'a', 10, 20),
    charge('ch_across', 'b', 90, 110),
    // Its first request was before: the record may be older than the answer.
    charge('ch_repeated', 'c', 95, 105, null),
    charge('ch_repeated', 'c', 120, 130),
    charge('ch_unheard', 'd', 101, 140),
    charge('ch_unheard', 'd', 150, 160),
    charge('ch_refused', 'e', 101, 140, 402),
    { ...charge('re_1', 'f', 101, 140), path: '/v1/refunds' },
    charge('ch_after', 'g', 150, 210),
  ]
  assert.deepEqual(listUnheard(asked, 100, 200), ['ch_unheard'])
})

it('the drill without a synchronous standby fails when the judge says nothing of a charge that was lost, or something else', () => {
  const lost: Violation = { invariant: 'I3', harm: 'lost', about: 'ch_1', what: 'it is not there any more' }
  assert.deepEqual(findUnnoticed(['ch_1'], [lost]), [])
  assert.equal(findUnnoticed(['ch_1'], []).length, 1)
  assert.match(findUnnoticed(['ch_1', 'ch_2'], [lost])[0] ?? '', /ch_2 .* not called lost/)
  assert.equal(findUnnoticed(['ch_1'], [{ ...lost, harm: 'other' }]).length, 1)
})
