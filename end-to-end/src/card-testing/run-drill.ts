/**
 * `npm run drill:card-testing`: replays attacks and honest days, and fails when an attack costs more calls to the PSP
 * than it may, or something honest is refused. `-- --markdown` prints docs/card-testing-figures.md.
 */
import { mostCalls } from './figures.ts'
import { describeReport, type Extent, findFaults, measureCardTesting } from './report.ts'

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const extent: Extent = { attackSeeds: seeds(10), cards: 10_000, days: seeds(20), hasMore: true }

const report = await measureCardTesting(extent, console.error)
if (process.argv.includes('--markdown')) console.log(describeReport(report, extent).trimEnd())
const faults = findFaults(report, mostCalls)
for (const fault of faults) console.error(`NOT SO: ${fault}`)
process.exitCode = faults.length === 0 ? 0 : 1
