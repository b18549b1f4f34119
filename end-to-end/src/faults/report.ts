import { table } from '@fincore/dev/doc-page'
import type { DrillResult } from './drill.ts'
import { invariants } from './invariants/check-all.ts'
import type { Harm, InvariantName } from './invariants/evidence.ts'
import type { Asked } from './journal.ts'
import type { Times } from './time-to-truth.ts'

type Row = readonly [string, string]

/** Why the drill failed; empty when it did not. */
export function findReasons(result: DrillResult): string[] {
  const reasons: string[] = []
  for (const name of Object.keys(invariants) as InvariantName[]) {
    const count = result.violations.filter(({ invariant }) => invariant === name).length
    if (count > 0) reasons.push(`${name} does not hold, ${count} times: ${invariants[name].says}`)
  }
  if (result.unrest !== null) reasons.push(`it did not come to rest: ${JSON.stringify(result.unrest)}`)
  if (!result.isStill) reasons.push('it did not come to rest: something changed each time while the evidence was read')
  if (result.samples === 0) reasons.push('the books were never looked at while the load ran')
  for (const why of result.sampleFailures) reasons.push(`the books could not be looked at while the load ran: ${why}`)
  if (result.wrongSignatures > 0) reasons.push(`${result.wrongSignatures} webhooks had a wrong signature`)
  if (result.ownExits.length > 0) reasons.push(`processes ended by themselves: ${result.ownExits.join('; ')}`)
  for (const what of result.faults.keys()) if (what.startsWith('step not reached')) reasons.push(what)
  if (result.evidence.charges.length < result.payments / 2)
    reasons.push(`only ${result.evidence.charges.length} charges came of ${result.payments} payments`)
  return reasons
}

/** What happened, in rows of a name and a number. */
export function makeRows(result: DrillResult): Row[] {
  const { evidence } = result
  const harms = (harm: Harm) => String(result.violations.filter((violation) => violation.harm === harm).length)
  const sum = (counts: Iterable<number>) => String([...counts].reduce((total, count) => total + count, 0))
  const faults = [...result.faults].filter(([what]) => !what.startsWith('step not reached'))
  const steps = [...result.kills.keys()].filter((name) => !name.endsWith('| at random')).length
  return [
    ['seed', String(result.seed)],
    ['payments begun by the modelled merchant', String(result.payments)],
    [
      'charges, refunds, sessions',
      `${evidence.charges.length}, ${evidence.refunds.length}, ${evidence.sessions.length}`,
    ],
    ['requests of the merchant', String(evidence.asked.length)],
    ['  answered 2xx, 4xx, 5xx, not at all', countAnswers(evidence.asked)],
    ['movements at the PSP', String(evidence.truth.length)],
    ['events, and deliveries that arrived', `${evidence.events.length}, ${evidence.received.length}`],
    ['faults injected', sum(faults.map(([, count]) => count))],
    ...faults.toSorted(([a], [b]) => a.localeCompare(b)).map(([what, count]): Row => [`  ${what}`, String(count)]),
    ['processes killed by kill -9', sum(result.kills.values())],
    ['  at named steps (step and victim)', String(steps)],
    ...countKills(result),
    ['looks at the books while the load ran', String(result.samples)],
    ['lost', harms('lost')],
    ['doubled', harms('doubled')],
    ['wrong amount', harms('wrong amount')],
    ['guessed', harms('guessed')],
    ['other breaches of I1 to I7', harms('other')],
    ['PSP’s first possible answer to truth, all movements', describeTimes(result.times.all)],
    ['  the same, those that were in doubt and looked up', describeTimes(result.times.inDoubt)],
    ['events with a time stamp more than 5 min off', String(result.staleStamps)],
    ...result.diskFull.map((how): Row => ['the database’s disk is made full by', how]),
    ['took', `${result.seconds.toFixed(0)} s`],
  ]
}

function countAnswers(asked: readonly Asked[]): string {
  const of = (hundred: number | null) =>
    asked.filter(({ status }) => (status === null ? null : Math.floor(status / 100)) === hundred).length
  return [2, 4, 5, null].map(of).join(', ')
}

function countKills({ kills }: DrillResult): Row[] {
  const byVictim = new Map<string, { steps: number; random: number }>()
  for (const [name, count] of kills) {
    const [victim = '', at] = name.split(' | ')
    const counted = byVictim.get(victim) ?? { steps: 0, random: 0 }
    if (at === 'at random') counted.random += count
    else counted.steps += count
    byVictim.set(victim, counted)
  }
  return [...byVictim]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([victim, { steps, random }]) => [`  ${victim}`, `${steps} at steps, ${random} at random`])
}

function describeTimes({ count, median, p99, max }: Times): string {
  if (count === 0) return 'none'
  const show = (ms: number) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`)
  return `median ${show(median)}, p99 ${show(p99)}, max ${show(max)} (${count})`
}

export function writeTable(result: DrillResult, markdown: boolean): string {
  const rows = makeRows(result)
  if (markdown)
    return table(
      ['what', 'how many'],
      rows.map(([name, value]) => [name.replace(/^ {2}/, '— '), value]),
    )
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

/** The kills at each step, for the record. */
export function writeSteps({ kills }: DrillResult, markdown: boolean): string {
  const rows = [...kills]
    .filter(([name]) => !name.endsWith('| at random'))
    .map(([name, count]) => [...name.split(' | '), String(count)])
  if (markdown) return table(['killed', 'step', 'times'], rows)
  return rows
    .map(([victim = '', at = '', count = '']) => `${victim.padEnd(30)} ${count.padStart(2)}×  ${at}`)
    .join('\n')
}

/** The story of each payment that broke an invariant. */
export function writeStories(result: DrillResult): string {
  return result.stories
    .map(({ about, lines }) => {
      const broken = result.violations.filter((violation) => violation.about === about)
      return [
        `${about}`,
        ...broken.map(({ invariant, harm, what }) => `  ${invariant} (${harm}): ${what}`),
        ...lines.map((line) => `    ${line}`),
      ].join('\n')
    })
    .join('\n\n')
}
