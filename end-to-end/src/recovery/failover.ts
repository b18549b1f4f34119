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

/** How long payments go on before a kill, and after service came back. */
const calmMs = { whole: 8_000, small: 2_000 } as const
const backWithinMs = 90_000
const mostPayments = 20_000

/**
 * Has the modelled merchant pay all the time, takes the primary away, and judges what came of the payments by the PSP’s
 * truth ledger.
 *
 * @param beforeJudging what is done at the end, when nothing changes any more.
 */
export async function drillFailover(
  settings: Omit<FailoverSettings, 'markdown'>,
  shape: 'whole' | 'small',
  progress: (line: string) => void,
  beforeJudging?: (stage: Stage) => Promise<void>,
): Promise<FailoverResult> {
  const kept: { pair: PostgresPair | null } = { pair: null }
  const rounds: Round[] = []
  const phases = Array.from({ length: settings.rounds }, (_, index): Phase => {
    const name = `round ${index + 1}: the primary is gone (${settings.how})`
    const run = async (stage: Stage) => {
      if (kept.pair === null) throw new Error('There is no pair of servers')
      if (index > 0) await kept.pair.addStandby()
      await sleep(calmMs[shape])
      const before = countCharges(stage.journal.asked)
      const failover = await kept.pair.failOver(settings.how)
      const round = await measure(stage, failover, before)
      await sleep(calmMs[shape])
      round.acknowledged.after = countCharges(stage.journal.asked) - before
      rounds.push(round)
      progress(`  first charge ${(round.firstCharge / 1_000).toFixed(1)} s after the kill`)
    }
    return { name, perSecond: settings.perSecond, run }
  })
  const drill = await runDrill({
    seed: settings.seed,
    shape,
    payments: mostPayments,
    // What is said of payments that were lost is held for operators, and so never comes to rest.
    restWithinMs: settings.replication.kind === 'synchronous' ? 120_000 : 45_000,
    smallFileSystem: null,
    startDatabase: async (folder, port) => {
      kept.pair = await startPostgresPair(folder, port, settings.replication)
      return kept.pair
    },
    phases,
    progress,
    ...(beforeJudging === undefined ? {} : { beforeJudging }),
  })
  return { rounds, drill }
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
