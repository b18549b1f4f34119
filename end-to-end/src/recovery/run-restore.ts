/**
 * `npm run drill:restore`: a base backup and the archived log of changes, taken while payments go on; the disk lost; a
 * moment in the middle restored; FinCore started on that; and what the PSP did after that moment found again by
 * `fincore reconcile`. `-- --seed 7 --per-second 20 --markdown`. Exit code 0: everything up to the moment is there, and
 * everything after it was found at the PSP. 1: not. 2: the drill could not be run. It takes about five minutes.
 */
import { parseArgs } from 'node:util'
import { printTable } from '../print-table.ts'
import { tellProgress } from '../tell-progress.ts'
import { describeAftermath, reconcileAfterwards } from './aftermath.ts'
import { archiveTimeoutS } from './archived-postgres.ts'
import { countDamage } from './failover-report.ts'
import { drillRestore } from './restore.ts'
import { findRestoreReasons } from './restore-reasons.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    'per-second': { type: 'string', default: '10' },
    markdown: { type: 'boolean', default: false },
  },
})
const [seed, perSecond] = [Number(values.seed), Number(values['per-second'])]
if (!Number.isSafeInteger(seed) || !(perSecond >= 1 && perSecond <= 100)) {
  console.error('--seed must be a whole number, --per-second from 1 to 100')
  process.exit(2)
}
const progress = tellProgress()

const aftermath = reconcileAfterwards(progress)
const { restored, drill } = await drillRestore({ seed, perSecond, shape: 'whole' }, progress, aftermath.run).catch(
  (error: unknown) => {
    console.error(`The drill could not be run: ${error instanceof Error ? error.stack : error}`)
    process.exit(2)
  },
)
const { acknowledged, present, audit } = restored
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
const rows = [
  ['what', 'measured'],
  ['base backup under load took', seconds(restored.backUpMs)],
  [`segments in the archive (one at least every ${archiveTimeoutS} s)`, String(restored.segments)],
  ['restore to the moment took', seconds(restored.restoreMs)],
  ['from the loss to the first acknowledged charge', seconds(restored.withoutServiceMs)],
  ['charges acknowledged before the moment, and restored', `${acknowledged.before.length}, ${present.before}`],
  ['charges acknowledged after it, and restored', `${acknowledged.after.length}, ${present.after}`],
  ['audit verify with a seal from before the moment', audit.earlierSeal],
  ['audit verify with a seal from after it', audit.laterSeal],
]
console.log(`\n${printTable(rows, values.markdown)}\n`)
console.log(`${describeAftermath(aftermath.found(), countDamage(drill), values.markdown)}\n`)
const reasons = findRestoreReasons(restored, drill, aftermath.found())
for (const reason of reasons) console.log(`- ${reason}`)
if (reasons.length > 0) console.log(`The processes’ logs are kept in ${drill.logs}`)
else console.log('All that was acknowledged before the moment is there; all that the PSP did after it was found.')
process.stdout.write('', () => process.exit(reasons.length === 0 ? 0 : 1))
