import type { DrillResult } from '../faults/drill.ts'
import { isCharge } from '../faults/journal.ts'
import { findReasons } from '../faults/report.ts'
import { printTable } from '../print-table.ts'
import type { Round } from './failover.ts'

const seconds = (ms: number) => (ms / 1_000).toFixed(1)

/** A line for each round. */
export function describeRounds(rounds: readonly Round[], markdown: boolean): string {
  const head = [
    'round',
    'noticed after',
    'promoted after',
    'address leads there after',
    'seconds without service',
    'acknowledged before',
    'acknowledged after',
  ]
  const lines = rounds.map((round, index) => [
    String(index + 1),
    seconds(round.noticed),
    seconds(round.promoted),
    seconds(round.repointed),
    seconds(round.firstCharge),
    String(round.acknowledged.before),
    String(round.acknowledged.after),
  ])
  return printTable([head, ...lines], markdown)
}

export type Damage = {
  acknowledged: number
  gone: number
  lost: number
  doubled: number
  guessed: number
  others: number
}

/** What is wrong with the money, by the PSP’s truth ledger and by what the merchant was told. */
export function countDamage({ evidence, violations }: Pick<DrillResult, 'evidence' | 'violations'>): Damage {
  const known = new Set(evidence.charges.map(({ id }) => id))
  const acknowledged = new Set(evidence.asked.filter(isCharge).map(({ body }) => String(body?.id)))
  const of = (harm: string) => new Set(violations.filter((one) => one.harm === harm).map(({ about }) => about)).size
  return {
    acknowledged: acknowledged.size,
    gone: [...acknowledged].filter((id) => !known.has(id)).length,
    lost: of('lost'),
    doubled: of('doubled'),
    guessed: of('guessed'),
    others: of('wrong amount') + of('other'),
  }
}

/** What came of the charges that an asynchronous standby had not heard of. */
export function describeControl(unheard: number, unnoticed: number): string {
  return [
    `acknowledged while the standby heard nothing ${unheard}, of which noticed as lost ${unheard - unnoticed}`,
    unnoticed === 0
      ? 'Without a synchronous standby acknowledged charges are lost, and the drill says so.'
      : 'The drill does not notice every loss: what it says of a synchronous standby proves nothing.',
  ].join('\n')
}

/** What the judge of the other drills says, where a loss is what is expected; in full what is no loss. */
export function describeJudgement(drill: DrillResult): string {
  const others = drill.violations.filter(({ harm }) => harm === 'doubled' || harm === 'guessed')
  return [
    'The judge says:',
    ...findReasons(drill).map((reason) => `- ${reason}`),
    ...others.map(({ invariant, harm, about, what }) => `- ${invariant} (${harm}): ${about} ${what}`),
  ].join('\n')
}

/** The verdict, in the words that are looked for. */
export function describeVerdict(rounds: readonly Round[], damage: Damage): string {
  const without = rounds.map(({ firstCharge }) => seconds(firstCharge)).join(', ')
  return [
    `acknowledged charges ${damage.acknowledged}, of which gone ${damage.gone}`,
    `lost ${damage.lost}, doubled ${damage.doubled}, guessed ${damage.guessed}`,
    `seconds without service ${without}`,
  ].join('\n')
}
