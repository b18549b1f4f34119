import assert from 'node:assert/strict'
import { it } from 'node:test'
import { findReasons, writeStories } from '../faults/report.ts'
import { drillFailover } from './failover.ts'

it('a synchronous standby takes over from a primary whose machine is gone while payments go on: nothing acknowledged is lost, nothing doubled', async () => {
  const { rounds, drill } = await drillFailover(
    { seed: 1, rounds: 1, perSecond: 4, replication: { kind: 'synchronous' }, how: 'vanish' },
    'small',
    () => {},
  )
  const logs = drill.logs === null ? '' : `\nThe processes’ logs are in ${drill.logs}`
  assert.deepEqual(findReasons(drill), [], `${writeStories(drill)}${logs}`)
  const [round] = rounds
  assert.ok(round !== undefined && round.acknowledged.before > 0 && round.acknowledged.after > 0)
  // Well before the 16 s after which a statement without an answer is given up: the pool follows its address.
  const backMs = round.firstCharge - round.repointed
  assert.ok(backMs < 12_000, `service came back ${backMs} ms after the address led to the new primary`)
})
