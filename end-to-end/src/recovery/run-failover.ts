/**
 * `npm run drill:failover`: a primary and its synchronous standby, payments of all three flows under way, the primary
 * killed and the standby promoted, several times; then judged by the PSP’s truth ledger.
 * `-- --seed 7 --rounds 5 --per-second 20 --vanish --markdown` for another run; `--asynchronous` shows what a standby
 * that is behind loses. Exit code 0: lost 0, doubled 0, I1 to I7 hold (with `--asynchronous`: it was measured). 1: they do
 * not, with the stories. 2: the drill could not be run.
 */
import { findReasons, writeStories } from '../faults/report.ts'
import { tellProgress } from '../tell-progress.ts'
import { describeAftermath, reconcileAfterwards } from './aftermath.ts'
import { drillFailover } from './failover.ts'
import { readFailoverSettings } from './failover-options.ts'
import { countDamage, describeRounds, describeVerdict } from './failover-report.ts'

const settings = readFailoverSettings(process.argv.slice(2))
if ('wrong' in settings) {
  console.error(settings.wrong)
  process.exit(2)
}
const isAsynchronous = settings.replication.kind === 'asynchronous'
const progress = tellProgress()

const aftermath = isAsynchronous ? reconcileAfterwards(progress) : null
const { rounds, drill } = await drillFailover(settings, progress, aftermath?.run).catch((error: unknown) => {
  console.error(`The drill could not be run: ${error instanceof Error ? error.stack : error}`)
  process.exit(2)
})
console.log(`\n${describeRounds(rounds, settings.markdown)}\n`)
if (aftermath !== null) console.log(`${describeAftermath(aftermath.found(), countDamage(drill), settings.markdown)}\n`)
console.log(describeVerdict(rounds, countDamage(drill)))
const reasons = isAsynchronous ? [] : findReasons(drill)
if (reasons.length > 0) {
  console.log(`\n${writeStories(drill)}`)
  for (const reason of reasons) console.log(`- ${reason}`)
  console.log(`The processes’ logs are kept in ${drill.logs}`)
}
process.stdout.write('', () => process.exit(reasons.length === 0 ? 0 : 1))
