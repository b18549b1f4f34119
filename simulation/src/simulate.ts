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

const { payments, seed, episode, markdown } = readOptions()

/** Few enough that a failed episode can be read, many enough that payments meet in one statement. */
const perEpisode = 8
const progressMs = 5_000

if (episode !== null) {
  const { tellEpisode } = await import('./tell-episode.ts')
  process.exitCode = (await tellEpisode({ seed, episode, payments: perEpisode })) ? 0 : 1
} else {
  const startedAt = performance.now()
  const totals = await runAll()
  const seconds = (performance.now() - startedAt) / 1000
  console.log(describeTotals(totals, { seed, seconds, markdown }))
  for (const failed of totals.failed.slice(0, 5)) {
    console.log(`Its story: npm run simulate -- --seed ${seed} --episode ${failed}`)
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

function readOptions(): { payments: number; seed: number; episode: number | null; markdown: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        payments: { type: 'string', default: '50000' },
        seed: { type: 'string', default: '1' },
        episode: { type: 'string' },
        markdown: { type: 'boolean', default: false },
      },
    })
    const { markdown } = values
    const [payments, seed, episode] = [values.payments, values.seed, values.episode ?? '0'].map(Number) as number[]
    if (!isWhole(payments, 1, 100_000_000)) throw new Error('--payments must be a whole number from 1 to 100000000')
    if (!isWhole(seed, 0, 2 ** 31)) throw new Error('--seed must be a whole number from 0 to 2147483648')
    if (!isWhole(episode, 0, 100_000_000)) throw new Error('--episode must be a whole number from 0 to 100000000')
    return { payments, seed, markdown, episode: values.episode === undefined ? null : episode }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}

function isWhole(value: number | undefined, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
}
