/**
 * `npm run simulate`: whole-system runs from a seed. `-- --payments 1000000 --seed 7` for more; `-- --seed 7 --episode 12`
 * tells the story of one episode again, made as small as it can be when it fails. Exit code 0: every invariant held.
 * 1: one did not. 2: the options are wrong.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { describeTotals } from './report.ts'
import type { Share } from './run-episodes.ts'
import { addTotals, startTotals, type Totals } from './totals.ts'

const { values } = parseArgs({
  options: {
    payments: { type: 'string', default: '50000' },
    seed: { type: 'string', default: '1' },
    episode: { type: 'string' },
    markdown: { type: 'boolean', default: false },
  },
})
const [payments, seed] = [Number(values.payments), Number(values.seed)]
if (!Number.isInteger(payments) || payments < 1 || payments > 100_000_000 || !Number.isInteger(seed)) {
  console.error('--payments must be a whole number from 1 to 100000000, and --seed a whole number')
  process.exit(2)
}

/** Few enough that a failed episode can be read, many enough that payments meet in one statement. */
const perEpisode = 8
const progressMs = 5_000

if (values.episode !== undefined) {
  const { tellEpisode } = await import('./tell-episode.ts')
  process.exitCode = (await tellEpisode({ seed, episode: Number(values.episode), payments: perEpisode })) ? 0 : 1
} else {
  const startedAt = performance.now()
  const totals = await runAll()
  const seconds = (performance.now() - startedAt) / 1000
  console.log(describeTotals(totals, { seed, seconds, markdown: values.markdown }))
  for (const episode of totals.failed.slice(0, 5)) {
    console.log(`Its story: npm run simulate -- --seed ${seed} --episode ${episode}`)
  }
  process.exitCode = totals.failed.length > 0 || totals.payments < payments ? 1 : 0
}

async function runAll(): Promise<Totals> {
  const totals = startTotals()
  const workers = availableParallelism()
  let toldAt = performance.now()
  await Promise.all(
    Array.from({ length: workers }, (_, from) => {
      const share: Share = { seed, payments, perEpisode, from, step: workers, mostFailures: 5 }
      const worker = new Worker(new URL('./run-episodes.ts', import.meta.url), {
        workerData: share,
        // What an episode makes is dead at its end: collecting it rarely is cheap.
        resourceLimits: { maxYoungGenerationSizeMb: 128 },
      })
      worker.on('message', (more: Totals) => {
        addTotals(totals, more)
        if (performance.now() - toldAt < progressMs) return
        toldAt = performance.now()
        console.error(`${totals.payments} of ${payments} payments, ${totals.failed.length} failed episodes`)
      })
      return new Promise<void>((resolve, reject) => worker.on('error', reject).on('exit', () => resolve()))
    }),
  )
  return totals
}
