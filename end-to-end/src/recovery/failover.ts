import { setTimeout as sleep } from 'node:timers/promises'
import { type DrillResult, type Phase, runDrill, type Stage } from '../faults/drill.ts'
import type { Asked } from '../faults/journal.ts'
import type { FailoverSettings } from './failover-options.ts'
import { type Failover, type PostgresPair, startPostgresPair } from './postgres-pair.ts'

/** One failover, in milliseconds from the kill. */
export type Round = {
  noticed: number
  promoted: number
  repointed: number
  /** The first charge that was acknowledged after it: so long nobody could pay. */
  firstCharge: number
  /** Acknowledged charges (201 of POST /v1/charges) so far, before the kill and since. */
  acknowledged: { before: number; after: number }
}

export type FailoverResult = { rounds: Round[]; drill: DrillResult }

/** The parts of a drill in which the primary is lost while payments go on. */
export type FailoverPlan = {
  startDatabase(folder: string, port: number): Promise<PostgresPair>
  /** Loses the primary once; each time after the first a new standby is made before. */
  makePhase(name: string): Phase
  /** What was measured so far. */
  rounds: readonly Round[]
}

const backWithinMs = 90_000
const mostPayments = 20_000

/** @param settings `calmMs`: how long payments go on before the loss, and after service came back. */
export function planFailover(
  settings: Pick<FailoverSettings, 'perSecond' | 'replication' | 'how'> & { calmMs: number },
): FailoverPlan {
  let pair: PostgresPair | null = null
  const rounds: Round[] = []
  return {
    rounds,
    async startDatabase(folder, port) {
      pair = await startPostgresPair(folder, port, settings.replication)
      return pair
    },
    makePhase: (name) => ({
      name,
      perSecond: settings.perSecond,
      async run(stage) {
        if (pair === null) throw new Error('There is no pair of servers')
        if (rounds.length > 0) await pair.addStandby()
        await sleep(settings.calmMs)
        const before = countCharges(stage.journal.asked)
        const round = await measure(stage, await pair.failOver(settings.how), before)
        await sleep(settings.calmMs)
        round.acknowledged.after = countCharges(stage.journal.asked) - before
        rounds.push(round)
        stage.progress(`  first charge ${(round.firstCharge / 1_000).toFixed(1)} s after the loss`)
      },
    }),
  }
}

/**
 * Has the modelled merchant pay all the time, takes the primary away, and judges what came of the payments by the PSP’s
 * truth ledger.
 *
 * @param beforeJudging what is done at the end, when nothing changes any more.
 */
export async function drillFailover(
  settings: Omit<FailoverSettings, 'markdown'>,
  progress: (line: string) => void,
  beforeJudging?: (stage: Stage) => Promise<void>,
): Promise<FailoverResult> {
  const plan = planFailover({ ...settings, calmMs: 8_000 })
  const drill = await runDrill({
    seed: settings.seed,
    shape: 'whole',
    payments: mostPayments,
    // What is said of payments that were lost is held for operators, and so never comes to rest.
    restWithinMs: settings.replication.kind === 'synchronous' ? 120_000 : 45_000,
    smallFileSystem: null,
    startDatabase: plan.startDatabase,
    phases: Array.from({ length: settings.rounds }, (_, index) =>
      plan.makePhase(`round ${index + 1}: the primary is lost (${settings.how})`),
    ),
    progress,
    ...(beforeJudging === undefined ? {} : { beforeJudging }),
  })
  return { rounds: [...plan.rounds], drill }
}

async function measure({ journal }: Stage, failover: Failover, before: number): Promise<Round> {
  const since = (at: number) => at - failover.killedAt
  // The journal counts from its own beginning.
  const offset = performance.now() - journal.now()
  for (const until = performance.now() + backWithinMs; performance.now() < until; await sleep(50)) {
    const first = journal.asked.find((asked) => isCharge(asked) && asked.endedAt + offset > failover.repointedAt)
    if (first === undefined) continue
    return {
      noticed: since(failover.noticedAt),
      promoted: since(failover.promotedAt),
      repointed: since(failover.repointedAt),
      firstCharge: since(first.endedAt + offset),
      acknowledged: { before, after: 0 },
    }
  }
  throw new Error('No charge was acknowledged within 90 s of the failover')
}

export function isCharge({ method, path, status }: Asked): boolean {
  return method === 'POST' && path === '/v1/charges' && status === 201
}

function countCharges(asked: readonly Asked[]): number {
  return asked.filter(isCharge).length
}
