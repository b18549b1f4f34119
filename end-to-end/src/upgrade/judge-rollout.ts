import { setTimeout as sleep } from 'node:timers/promises'
import { gather } from '../faults/gather.ts'
import { checkAll } from '../faults/invariants/check-all.ts'
import type { Violation } from '../faults/invariants/evidence.ts'
import type { Asked, Journal } from '../faults/journal.ts'
import { comeToRest } from '../faults/rest.ts'
import { listFailed } from './merchant.ts'
import type { UpgradeWorld } from './upgrade-world.ts'

/** What a rollout did to payments, by the PSP's ledger and by what the merchant was told. */
export type Judgement = {
  requests: number
  charges: number
  refunds: number
  failed: Asked[]
  violations: Violation[]
  /** The longest time in which nothing was answered, and the slowest answer, in ms. */
  longestGapMs: number
  slowestMs: number
  events: number
  /** Whatever else must not be. */
  troubles: string[]
}

const restWithinMs = 60_000

export async function judgeRollout(world: UpgradeWorld, journal: Journal): Promise<Judgement> {
  const unrest = await comeToRest(world.database, world.pspLedger, restWithinMs, () => {})
  // Events that were sent a moment ago.
  await sleep(300)
  const { evidence } = await gather(world, journal)
  const ends = journal.asked.map(({ endedAt }) => endedAt).sort((a, b) => a - b)
  const gaps = ends.slice(1).map((at, index) => at - (ends[index] ?? at))
  return {
    requests: journal.asked.length,
    charges: evidence.charges.length,
    refunds: evidence.refunds.length,
    failed: listFailed(journal.asked),
    violations: checkAll(evidence),
    longestGapMs: Math.round(Math.max(0, ...gaps)),
    slowestMs: Math.round(Math.max(0, ...journal.asked.map(({ startedAt, endedAt }) => endedAt - startedAt))),
    events: new Set(world.receiver.received.map(({ id }) => id)).size,
    troubles: [
      ...(unrest === null ? [] : [`it did not come to rest: ${JSON.stringify(unrest)}`]),
      ...world.ownExits.map((exit) => `a process ended by itself: ${exit}`),
      ...journal.notesAbout('failed'),
      ...(world.receiver.wrongSignatures() === 0 ? [] : ['a webhook had a wrong signature']),
    ],
  }
}

/** Why it failed, one line for each kind; empty when it did not. */
export function listReasons({ failed, violations, troubles, charges }: Judgement): string[] {
  return [
    ...failed.map(
      ({ method, path, status, body }) =>
        `${method} ${path} was answered ${status ?? 'by nothing'} ${body?.code ?? ''}`,
    ),
    ...violations.map(({ invariant, harm, about, what }) => `${invariant}, ${harm}: ${about} ${what}`),
    ...troubles,
    ...(charges < 5 ? [`only ${charges} charges were made`] : []),
  ]
}
