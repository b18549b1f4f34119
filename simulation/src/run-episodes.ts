import { parentPort, workerData } from 'node:worker_threads'
import { numberOf } from './choices.ts'
import { installClock } from './clock.ts'
import { useStandIns } from './stand-ins.ts'

/**
 * Runs every n-th episode of a run, in a worker thread of its own: the thread's timers are replaced before any of the
 * code under test is loaded. Reports its sums every so often, and the numbers of the episodes that failed.
 */
export type Share = {
  seed: number
  payments: number
  perEpisode: number
  from: number
  step: number
  mostFailures: number
}

const share = workerData as Share
let draws = 0
useStandIns()
installClock(() => numberOf(share.seed, `random ${draws++}`))
const { runEpisode, seedOf } = await import('./episode.ts')
const { addEpisode, startTotals } = await import('./totals.ts')

let totals = startTotals()
let failures = 0
const episodes = Math.ceil(share.payments / share.perEpisode)
for (let episode = share.from; episode < episodes && failures < share.mostFailures; episode += share.step) {
  const payments = Math.min(share.perEpisode, share.payments - episode * share.perEpisode)
  draws = 0
  const result = await runEpisode({ seed: seedOf(share.seed, episode), payments })
  addEpisode(totals, episode, payments, result)
  failures += Number(result.violations.length > 0)
  if (totals.episodes === 100) {
    parentPort?.postMessage(totals)
    totals = startTotals()
  }
}
parentPort?.postMessage(totals)
