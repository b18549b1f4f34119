import assert from 'node:assert/strict'
import { it } from 'node:test'
import { runDrill } from './drill.ts'
import { quickNetworkPhase, stepsPhase } from './phases.ts'
import { findReasons, writeStories } from './report.ts'
import { steps } from './steps.ts'

/** The few steps that a short drill has time for: a process between each pair of a charge's durable writes. */
const chosen = [
  'token charge: the outcome is about to be written | its instance',
  'card charge: the PSP has the request | card relay',
  'refund: the outcome is written, nobody was told | its instance',
]

it('a small drill: the links break, processes are killed in the middle of a payment, and I1 to I7 hold', async () => {
  const result = await runDrill({
    seed: 4,
    shape: 'small',
    payments: 32,
    restWithinMs: 60_000,
    smallFileSystem: null,
    phases: [
      quickNetworkPhase(12),
      stepsPhase(
        0,
        steps.filter(({ name, victim }) => chosen.includes(`${name} | ${victim}`)),
      ),
    ],
    progress: () => {},
  })
  const logs = result.logs === null ? '' : `\nThe processes’ logs are in ${result.logs}`
  assert.deepEqual(findReasons(result), [], `${writeStories(result)}${logs}`)
  assert.equal(result.kills.size, chosen.length)
  assert.ok(result.faults.size > 8, 'faults of many kinds were injected')
  assert.ok(result.evidence.truth.length > 20)
  assert.ok(result.samples > 0, 'the books were looked at while the load ran')
})
