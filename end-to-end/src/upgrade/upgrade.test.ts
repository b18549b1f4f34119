import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createTestDatabase } from '@fincore/dev/test-database'
import { migrate } from '@fincore/payment-service/store/migrate'
import { createJournal } from '../faults/journal.ts'
import { eventually } from '../world.ts'
import { judgeRollout, listReasons } from './judge-rollout.ts'
import { startSteadyLoad } from './merchant.ts'
import { startUpgradeWorld } from './upgrade-world.ts'
import { makeMigrationsOfTomorrow, thisVersion } from './versions.ts'

it('a small rollout: the schema moves ahead, a process is replaced, and no request fails', async (t) => {
  const { ownerUrl, appUrl } = await createTestDatabase(t)
  const journal = createJournal()
  const world = await startUpgradeWorld({
    journal,
    ownerUrl,
    appUrl,
    version: thisVersion,
    roles: ['api,worker,admin'],
    withRelay: false,
  })
  t.after(() => world.stop())
  const tomorrow = makeMigrationsOfTomorrow()
  t.after(() => tomorrow.remove())
  /** Until a charge was answered that was asked for since then. */
  const answeredSince = (since: number) =>
    eventually('a charge to be answered', async () => journal.asked.some(({ startedAt }) => startedAt >= since))
  const load = startSteadyLoad(world, journal, { perSecond: 6, flows: ['token'] })
  await answeredSince(journal.now())
  assert.deepEqual((await migrate(ownerUrl, { folder: tomorrow.folder })).applied, tomorrow.names)
  // It does not know the schema's last two migrations.
  await world.startService(thisVersion, 'api,worker')
  const [earlier] = world.services
  const ended = await earlier?.retire()
  await answeredSince(journal.now())
  await load.stop()
  assert.deepEqual(ended?.exit, { code: 0, signal: null })
  const reasons = listReasons(await judgeRollout(world, journal))
  assert.deepEqual(reasons, [], reasons.length === 0 ? '' : `The processes’ logs: ${world.keepLogs()}`)
})
