/**
 * `npm run drill:races`: the tests of orders and races, once for each of ten seeds. The seed decides
 * one thing: when, and at which of two services, event-orders applies news that come at the same moment, 30 rounds of
 * it. Its orders one by one, and the tests of races, are the same for every seed and only repeated: there the machine
 * decides who is first, each time anew.
 * `npm run drill:races -- <seeds> <first>` takes others. Exits 1 at the first seed that shows something wrong, 2 when it
 * does not understand what it is asked for.
 */
import { runTestFiles } from './test-run.ts'

const files = ['event-orders', 'races', 'session-races'].map((name) => `payment-service/src/flows/${name}.test.ts`)
const mostSeeds = 1_000
const [seeds = 10, first = 1, ...more] = process.argv.slice(2).map(readNumber)
if (!(seeds >= 1 && seeds <= mostSeeds && first >= 0) || more.length > 0) {
  console.error(
    `npm run drill:races -- <seeds> <first>: from 1 to ${mostSeeds} seeds, the first a whole number; got “${process.argv.slice(2).join(' ')}”`,
  )
  process.exit(2)
}

/** NaN for what is no whole number: no comparison holds for it. */
function readNumber(word: string): number {
  return /^\d{1,9}$/.test(word) ? Number(word) : Number.NaN
}

for (let seed = first; seed < first + seeds; seed++) {
  console.log(`Seed ${seed}`)
  process.env.RACE_SEED = String(seed)
  process.env.RACE_ROUNDS = '30'
  const reporter = { module: new URL('./test-reporter.ts', import.meta.url).href, destination: 'stdout' }
  process.exitCode = await runTestFiles(files, [reporter])
  if (process.exitCode !== 0) {
    console.error(`Again: npm run drill:races -- 1 ${seed}`)
    break
  }
}
