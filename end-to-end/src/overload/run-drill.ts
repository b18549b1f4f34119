/** `npm run drill:overload`: ten times what FinCore can do, on this machine and in this run. */
import { describe, measureOverload } from './measure.ts'
import { drillMargins, findBrokenRules } from './rules.ts'

const extent = { rounds: 3, peakMs: 4_000, overloadMs: 9_000, tokens: 6_000, hasTroubled: true }

const measured = await measureOverload(extent, console.log)
console.log(describe(measured).join('\n'))
const faults = findBrokenRules(measured, drillMargins)
for (const fault of faults) console.error(`NOT SO: ${fault}`)
process.exit(faults.length === 0 ? 0 : 1)
