import assert from 'node:assert/strict'
import { it } from 'node:test'
import { planFailover } from '../recovery/failover.ts'
import { runDrill } from './drill.ts'
import { quickNetworkPhase, stepsPhase } from './phases.ts'
import { findReasons, writeStories } from './report.ts'
import { steps } from './steps.ts'

/**
 * The few steps that a short drill has time for: each process once, where the PSP has acted and FinCore or the merchant does
 * not know it. What becomes of charges whose payment service dies before or between their writes, `crashes.test.ts` shows.
 */
const chosen = [
  'card charge: the PSP has the request | card relay',
  'refund: the outcome is written, nobody was told | its instance',
]

it('a small drill: the database’s primary vanishes and its synchronous standby takes over, the links break, processes are killed in the middle of a payment, and I1 to I7 hold', async () => {
  const failover = planFailover({ perSecond: 8, replication: 'synchronous', how: 'vanish', calmMs: 1_000 })
  const result = await runDrill({
    seed: 4,
    shape: 'small',
    payments: 40,
    restWithinMs: 60_000,
    smallFileSystem: null,
    startDatabase: failover.startDatabase,
    phases: [
      failover.makePhase('the primary vanishes'),
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
  const [lost] = failover.rounds
  assert.ok(lost !== undefined && lost.acknowledged.after > 0)
  // Well before the 16 s after which a statement without an answer is given up: the pool follows its address.
  const backMs = lost.firstCharge - lost.repointed
  assert.ok(backMs < 12_000, `service came back ${backMs} ms after the address led to the new primary`)
})
