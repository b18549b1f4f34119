/**
 * `npm run drill:races`: the tests of orders and races, once for each of ten seeds; the seed decides what meets what.
 * `npm run drill:races -- <seeds> <first>` takes others. Exits 1 at the first seed that shows something wrong.
 */
import { runTestFiles } from './test-run.ts'

const files = ['event-orders', 'races', 'session-races'].map((name) => `payment-service/src/flows/${name}.test.ts`)
const [seeds = 10, first = 1] = process.argv.slice(2).map(Number)

for (let seed = first; seed < first + seeds; seed++) {
  console.log(`Seed ${seed}`)
  process.env.RACE_SEED = String(seed)
  process.env.RACE_ROUNDS = '30'
  const reporter = { module: new URL('./test-reporter.ts', import.meta.url).href, destination: 'stdout' }
  process.exitCode = await runTestFiles(files, [reporter])
  if (process.exitCode !== 0) {
    console.error(`Again with RACE_SEED=${seed}.`)
    break
  }
}
