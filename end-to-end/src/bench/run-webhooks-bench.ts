/**
 * `npm run bench:webhooks`: how quickly one worker delivers the events of one merchant to one endpoint that answers at
 * once, and to one that takes 100 ms, and what a delivery costs. The endpoint is on the same machine, and takes its share
 * of it. `-- --deliveries 3000 --markdown`
 */
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { printTable } from '../print-table.ts'
import { startBenchWorld } from './bench-world.ts'
import { measureWebhooks, type WebhookFigures } from './measure-webhooks.ts'

const { values } = parseArgs({
  options: { deliveries: { type: 'string', default: '3000' }, markdown: { type: 'boolean', default: false } },
})
const deliveries = Number(values.deliveries)
if (!(Number.isInteger(deliveries) && deliveries >= 1 && deliveries <= 50_000)) {
  console.error('--deliveries from 1 to 50000')
  process.exit(2)
}

const world = await startBenchWorld(1)
const leave = () => void world.stop().finally(() => process.exit(130))
process.once('SIGINT', leave).once('SIGTERM', leave)
const figures: WebhookFigures[] = []
try {
  for (const answersAfterMs of [0, 100]) {
    console.error(`answers after ${answersAfterMs} ms …`)
    figures.push(await measureWebhooks(world, { deliveries, answersAfterMs }))
  }
} finally {
  await world.stop()
}

const row = (name: string, of: (one: WebhookFigures) => string) => [name, ...figures.map(of)]
const table = printTable(
  [
    row('', ({ answersAfterMs }) => `answers after ${answersAfterMs} ms`),
    row('deliveries per second', ({ perSecond }) => perSecond.toFixed(0)),
    row('at once, at most', ({ mostAtOnce }) => String(mostAtOnce)),
    row('CPU ms per delivery: worker', ({ cpu }) => cpu.worker.toFixed(2)),
    row('CPU ms per delivery: PostgreSQL', ({ cpu }) => cpu.PostgreSQL.toFixed(2)),
    row('commits per delivery', ({ commits }) => commits.toFixed(2)),
  ],
  values.markdown,
)
console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, load average ${loadavg()[0]?.toFixed(0)}\n\n${table}`,
)
