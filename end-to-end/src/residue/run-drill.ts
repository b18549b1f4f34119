/**
 * `npm run drill:residue`: sends 10,000 different cards through FinCore and searches all that it leaves behind.
 * `-- --cards 200 --connections 8 --seed 7` for another run. Exit code 0: nothing was left. 1: something was. 2: the
 * drill is void, because its control was not found as it must be, or the load did not go as it was meant to.
 */
import { parseArgs } from 'node:util'
import { tellProgress } from '../tell-progress.ts'
import { runDrill } from './drill.ts'
import { judge, writeAstray, writeTable } from './report.ts'

const { values } = parseArgs({
  options: {
    cards: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '64' },
    seed: { type: 'string', default: '1' },
  },
})
const [cards = 0, connections = 0, seed = 0] = [values.cards, values.connections, values.seed].map(Number)
const wrong = [
  !(Number.isInteger(cards) && cards >= 100 && cards <= 100_000) && '--cards must be a number from 100 to 100000',
  !(Number.isInteger(connections) && connections >= 1 && connections <= 64) && '--connections must be 1 to 64',
  !Number.isInteger(seed) && '--seed must be a whole number',
].filter((problem) => problem !== false)
if (wrong.length > 0) {
  for (const problem of wrong) console.error(problem)
  process.exit(2)
}

const progress = tellProgress()
const exitCodes = { clean: 0, residue: 1, void: 2 } as const

try {
  const result = await runDrill({ cards, connections, seed, progress })
  const verdict = judge(result)
  const astray = writeAstray(result)
  console.log(`\n${writeTable(result)}\n`)
  console.log(`Exits that ended otherwise than meant: ${astray.length === 0 ? 'none' : ''}`)
  for (const line of astray) console.log(`- ${line}`)
  console.log(`Webhooks: ${result.webhooksReceived}`)
  console.log(
    `${cards} cards, ${connections} connections, seed ${seed}, ${result.seconds.toFixed(0)} s: ${verdict.outcome}`,
  )
  for (const reason of verdict.reasons) console.log(`- ${reason}`)
  process.exitCode = exitCodes[verdict.outcome]
} catch (error) {
  console.error(error)
  process.exitCode = 2
}
