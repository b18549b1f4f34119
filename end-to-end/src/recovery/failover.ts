import { setTimeout as sleep } from 'node:timers/promises'
import { type DrillResult, type Phase, runDrill, type Stage } from '../faults/drill.ts'
import { type Asked, isCharge } from '../faults/journal.ts'
import type { FailoverSettings } from './failover-options.ts'
import { type Failover, type PostgresPair, startPostgresPair } from './postgres-pair.ts'
import { listUnheard, waitForUnheard } from './unheard-charges.ts'

/** One failover, in milliseconds from the kill. */
export type Round = {
  noticed: number
  promoted: number
  repointed: number
  /** The first charge that was acknowledged after it: so long nobody could pay. */
  firstCharge: number
  /** Acknowledged charges (201 of POST /v1/charges) so far, before the kill and since. */
  acknowledged: { before: number; after: number }
  /** The charges among them that an asynchronous standby had not heard of. */
  unheard: string[]
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
        const cutOffAt = settings.replication === 'asynchronous' ? await cutOff(pair, stage) : null
        const before = countCharges(stage.journal.asked)
        const failover = await pair.failOver(settings.how)
        const round = await measure(stage, failover, before)
        if (cutOffAt !== null) {
          round.unheard = listUnheard(stage.journal.asked, cutOffAt, atInJournal(stage, failover.killedAt))
          stage.progress(`  ${round.unheard.length} charges were acknowledged that the standby had not heard of`)
        }
        await sleep(settings.calmMs)
        round.acknowledged.after = countCharges(stage.journal.asked) - before
        rounds.push(round)
        const seconds = (round.firstCharge / 1_000).toFixed(1)
        const killedAt = atInJournal(stage, failover.killedAt)
        const meanwhile = describeAnswers(stage.journal.asked, killedAt, killedAt + round.firstCharge)
        stage.progress(`  first charge ${seconds} s after the loss; meanwhile ${meanwhile}`)
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
    // What is said of payments that were lost is held for operators, and so never comes to rest; the shortest session
    // lasts a minute.
    restWithinMs: settings.replication === 'synchronous' ? 120_000 : 90_000,
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

/** @returns since when the standby hears nothing, in the journal's milliseconds. */
async function cutOff(pair: PostgresPair, { journal, progress }: Stage): Promise<number> {
  pair.cutStandbyOff()
  const from = journal.now()
  progress('  the standby hears nothing any more')
  await waitForUnheard(journal, from)
  return from
}

/** The journal counts from its own beginning. */
function atInJournal({ journal }: Stage, at: number): number {
  return at - performance.now() + journal.now()
}

async function measure(stage: Stage, failover: Failover, before: number): Promise<Round> {
  const { journal } = stage
  const since = (at: number) => at - failover.killedAt
  const offset = -atInJournal(stage, 0)
  for (const until = performance.now() + backWithinMs; performance.now() < until; await sleep(50)) {
    const first = journal.asked.find((asked) => isCharge(asked) && asked.endedAt + offset > failover.repointedAt)
    if (first === undefined) continue
    return {
      noticed: since(failover.noticedAt),
      promoted: since(failover.promotedAt),
      repointed: since(failover.repointedAt),
      firstCharge: since(first.endedAt + offset),
      acknowledged: { before, after: 0 },
      unheard: [],
    }
  }
  throw new Error('No charge was acknowledged within 90 s of the failover')
}

/** How requests ended between two moments of the journal: whether nobody was answered, or nobody asked. */
function describeAnswers(asked: readonly Asked[], from: number, until: number): string {
  const ended = asked.filter(({ endedAt }) => endedAt > from && endedAt < until)
  const statuses = [...Map.groupBy(ended, ({ method, status }) => `${method} ${status ?? 'no answer'}`)]
  return statuses.map(([what, list]) => `${what}: ${list.length}`).join(', ') || 'no request ended'
}

function countCharges(asked: readonly Asked[]): number {
  return asked.filter(isCharge).length
}
