/**
 * `npm run bench`: charges per second, and what one charge costs, with 1, 2 and 4 APIs, by token and by raw card, beside
 * what PostgreSQL alone can do here. PSP and merchant are on the same machine, and take their share of it.
 * `-- --seconds 10 --apis 1,2,4 --callers 32 --markdown`
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { printTable } from '../print-table.ts'
import { type BenchWorld, parts, startBenchWorld } from './bench-world.ts'
import { measureCeiling } from './ceiling.ts'
import { type Figures, measure } from './measure.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    apis: { type: 'string', default: '1,2,4' },
    callers: { type: 'string', default: '32' },
    markdown: { type: 'boolean', default: false },
  },
})
const [forMs, callers] = [Number(values.seconds) * 1_000, Number(values.callers)]
const counts = values.apis.split(',').map(Number)
if (!(forMs >= 1_000 && callers >= 1 && callers <= 64 && counts.every((count) => count >= 1 && count <= 8))) {
  console.error('--seconds from 1, --callers from 1 to 64, --apis a list such as 1,2,4')
  process.exit(2)
}

let running: BenchWorld | null = null
const leave = () => void (running?.stop() ?? Promise.resolve()).finally(() => process.exit(130))
process.once('SIGINT', leave).once('SIGTERM', leave)

const figures: Figures[] = []
let ceiling = 0
for (const apis of counts) {
  const world = await startBenchWorld(apis)
  running = world
  try {
    if (ceiling === 0) ceiling = await measureCeiling(world.ownerUrl, callers, forMs)
    for (const flow of ['token', 'raw card'] as const) {
      console.error(`${apis} × api, by ${flow} …`)
      figures.push(await measure(world, { flow, apis, callers, forMs }))
    }
  } finally {
    await world.stop()
  }
}
const counted: Figures[] = []
const world = await startBenchWorld(1, true)
running = world
try {
  for (const flow of ['token', 'raw card'] as const)
    counted.push(await measure(world, { flow, apis: 1, callers: 8, forMs: 2_000 }))
} finally {
  await world.stop()
}

const number = (value: number, digits = 0) => value.toFixed(digits)
const head = ['', ...figures.map(({ flow, apis }) => `${flow}, ${apis} × api`)]
const row = (name: string, of: (one: Figures) => string) => [name, ...figures.map(of)]
const table = printTable(
  [
    head,
    row('charges per second', ({ perSecond }) => number(perSecond)),
    row('p50, p99 (ms)', ({ p50, p99 }) => `${number(p50)}, ${number(p99)}`),
    ...parts.map((part) => row(`CPU ms per charge: ${part}`, ({ cpu }) => number(cpu[part], 2))),
    row('commits per charge', ({ commits }) => number(commits, 2)),
    row('WAL bytes per charge', ({ walBytes }) => number(walBytes)),
    row('rows per charge', ({ rows }) => number(rows, 1)),
    row('stored bytes per charge, indexes included', ({ storedBytes }) => number(storedBytes)),
  ],
  values.markdown,
)
const ways = [...new Set(counted.flatMap(({ networkBytes }) => Object.keys(networkBytes)))]
const network = printTable(
  [
    ['bytes on the way per charge', ...counted.map(({ flow }) => flow)],
    ...ways.map((way) => [way, ...counted.map(({ networkBytes }) => number(networkBytes[way] ?? 0))]),
  ],
  values.markdown,
)
console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${callers} callers for each API
PostgreSQL alone, two shared commits for each of them: ${number(ceiling)} per second\n\n${table}\n\n${network}`)
