/**
 * `npm run drill:failover`: a primary and its synchronous standby, payments of all three flows under way, the primary
 * killed and the standby promoted, several times; then judged by the PSP’s truth ledger.
 * `-- --seed 7 --rounds 5 --per-second 20 --vanish --markdown` for another run. Exit code 0: lost 0, doubled 0, I1 to I7
 * hold. 1: they do not, with the stories. 2: the drill could not be run.
 *
 * `--asynchronous` is its control: the standby is asynchronous, and hears nothing of five charges and more that are
 * acknowledged before the primary is killed. Exit code 0: the same judge tells that each of them is lost, and
 * `fincore reconcile` found all that the PSP did for them. 1: not. 2: nothing could be lost, or the drill not be run.
 */
import { rmSync } from 'node:fs'
import { findReasons, writeStories } from '../faults/report.ts'
import { tellProgress } from '../tell-progress.ts'
import { describeAftermath, findUnfound, reconcileAfterwards } from './aftermath.ts'
import { drillFailover } from './failover.ts'
import { readFailoverSettings } from './failover-options.ts'
import { countDamage, describeControl, describeJudgement, describeRounds, describeVerdict } from './failover-report.ts'
import { findUnnoticed } from './unheard-charges.ts'

const settings = readFailoverSettings(process.argv.slice(2))
if ('wrong' in settings) {
  console.error(settings.wrong)
  process.exit(2)
}
const isAsynchronous = settings.replication === 'asynchronous'
const progress = tellProgress()

const aftermath = isAsynchronous ? reconcileAfterwards(progress) : null
const { rounds, drill } = await drillFailover(settings, progress, aftermath?.run).catch((error: unknown) => {
  console.error(`The drill could not be run: ${error instanceof Error ? error.stack : error}`)
  process.exit(2)
})
console.log(`\n${describeRounds(rounds, settings.markdown)}\n`)
console.log(describeVerdict(rounds, countDamage(drill)))
const reasons: string[] = []
if (aftermath === null) reasons.push(...findReasons(drill))
else {
  const unheard = rounds.flatMap((round) => round.unheard)
  const unnoticed = findUnnoticed(unheard, drill.violations)
  reasons.push(...unnoticed, ...findUnfound(drill.evidence, aftermath.found()))
  console.log(describeControl(unheard.length, unnoticed.length))
  console.log(`\n${describeJudgement(drill)}`)
  console.log(`\n${describeAftermath(aftermath.found(), countDamage(drill), settings.markdown)}`)
}
if (reasons.length > 0) {
  console.log(`\n${writeStories(drill)}`)
  for (const reason of reasons) console.log(`- ${reason}`)
  if (drill.logs !== null) console.log(`The processes’ logs are kept in ${drill.logs}`)
} else if (drill.logs !== null) rmSync(drill.logs, { recursive: true, force: true })
process.stdout.write('', () => process.exit(reasons.length === 0 ? 0 : 1))
