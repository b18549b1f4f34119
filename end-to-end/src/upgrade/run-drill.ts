/**
 * `npm run drill:upgrade`: the version before this one takes payments by all three ways; the database is migrated and
 * every process replaced by one of this version; then by one of a version that comes after it, and back. Prints what the
 * merchant and the PSP's ledger say, and fails when a request failed, or money was lost or doubled.
 */
import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { prepareDatabase } from '@fincore/dev/database'
import { startPostgres } from '@fincore/dev/embedded-postgres'
import { checkOutPrevious, copyThisVersion, readPreviousVersion } from '@fincore/dev/previous/checkout-previous'
import { createJournal } from '../faults/journal.ts'
import { judgeRollout, listReasons } from './judge-rollout.ts'
import { startSteadyLoad } from './merchant.ts'
import { createRollout } from './rollout.ts'
import { startUpgradeWorld, type Version } from './upgrade-world.ts'
import { makeMigrationsOfTomorrow, thisVersion } from './versions.ts'
import { writeReport } from './write-report.ts'

const perSecond = Number(process.argv[2] ?? 6)
const ends: (() => unknown)[] = []
const journal = createJournal()
const tell = (line: string) => console.log(`${(journal.now() / 1_000).toFixed(1).padStart(6)} s  ${line}`)

async function runDrill(): Promise<number> {
  const { commit, name } = readPreviousVersion()
  const checkout = checkOutPrevious(commit)
  ends.push(checkout.remove)
  const before: Version = { name, folder: checkout.folder, readyPath: '/health', drains: false }
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-upgrade-postgres-'))
  const postgres = await startPostgres({ dataDir, port: 0, throwAway: true })
  ends.push(() => postgres.stop())
  const migrationsThen = pathToFileURL(`${join(before.folder, 'payment-service/migrations')}/`)
  const appUrl = await prepareDatabase(postgres.ownerUrl, migrationsThen)
  const world = await startUpgradeWorld({
    journal,
    ownerUrl: postgres.ownerUrl,
    appUrl,
    version: before,
    roles: ['api,admin', 'api', 'worker'],
    withRelay: true,
  })
  ends.push(() => world.stop())
  tell(`two APIs, a worker and a card relay of ${before.name} are in service; ${perSecond} payments a second begin`)
  const load = startSteadyLoad(world, journal, { perSecond, flows: ['token', 'raw card', 'hosted'] })
  await sleep(4_000)
  const rollout = createRollout(world, journal, tell)
  await rollout.migrate(thisVersion, postgres.ownerUrl)
  const current = await rollout.replaceAll(world.services, thisVersion)
  await rollout.replaceRelay(thisVersion)

  const tomorrow = makeMigrationsOfTomorrow()
  const copy = copyThisVersion()
  ends.push(tomorrow.remove, copy.remove)
  cpSync(fileURLToPath(tomorrow.folder), join(copy.folder, 'payment-service/migrations'), { recursive: true })
  const next: Version = { ...thisVersion, name: 'the version after this one', folder: copy.folder }
  await rollout.migrate(next, postgres.ownerUrl)
  const later = await rollout.replaceAll(current, next)
  await rollout.replaceAll(later, { ...thisVersion, name: 'this version again, on the later schema' })
  await load.stop()
  tell('no more payments; waiting for rest')
  const judgement = await judgeRollout(world, journal)
  const reasons = listReasons(judgement)
  for (const { what, exit } of rollout.steps)
    if (exit !== null && exit !== 0) reasons.push(`${what}: the earlier process ended with ${exit}`)
  console.log(`\n${writeReport(judgement, rollout.steps, load.begun())}`)
  for (const reason of reasons) console.log(`FAILED: ${reason}`)
  if (reasons.length > 0) console.log(`The processes’ logs are kept in ${world.keepLogs()}`)
  return reasons.length === 0 ? 0 : 1
}

try {
  process.exitCode = await runDrill()
} finally {
  for (const end of ends.reverse()) await end()
}
