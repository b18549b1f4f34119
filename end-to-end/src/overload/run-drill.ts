/** `npm run drill:overload`: ten times what FinCore can do, on this machine and in this run. */
import { quantile } from './load.ts'
import { count, describe, type Measured, measureOverload } from './measure.ts'

const extent = { rounds: 3, peakMs: 4_000, overloadMs: 9_000, tokens: 6_000, hasTroubled: true }

/** What must hold, by comparison within the run alone. */
function findFaults({ peak, overload, webhooks, books }: Measured): string[] {
  const small = overload.tallies.find(({ name }) => name === 'small')
  const rules: [holds: boolean, rule: string][] = [
    [overload.perSecond >= 0.8 * peak.perSecond, 'it serves at least 80 % of its peak'],
    [count(overload.tallies, 'shedWrongly') === 0, 'every shed answer says when to come back'],
    [small !== undefined && small.served >= 0.9 * small.sent, 'a small merchant is served all the same'],
    [
      quantile(webhooks.prompt, 0.5) <= 2 * quantile(webhooks.promptBefore, 0.5) + 1_000,
      'a slow webhook endpoint delays no other’s',
    ],
    [books.authorizeCalls <= books.charges, 'no PSP was called for what was shed'],
    [books.unsettled === 0, 'what was begun is finished'],
    [books.doubled === 0 && books.different === 0, 'the books agree'],
  ]
  return rules.filter(([holds]) => !holds).map(([, rule]) => rule)
}

const measured = await measureOverload(extent, console.log)
console.log(describe(measured).join('\n'))
const faults = findFaults(measured)
for (const fault of faults) console.error(`NOT SO: ${fault}`)
process.exit(faults.length === 0 ? 0 : 1)
