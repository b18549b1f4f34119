import { percentile, type Totals } from './totals.ts'

/** The sums of a run as a table, in Markdown or plain. */
export function describeTotals(totals: Totals, run: { seed: number; seconds: number; markdown: boolean }): string {
  const harms = ['lost', 'doubled', 'wrong amount', 'guessed', 'reversed', 'untold', 'unresolved'] as const
  const ms = (part: number) => `${(percentile(totals.truth, part) / 1000).toFixed(1)} s`
  const faults = Object.entries(totals.faults).sort(([, one], [, other]) => other - one)
  const rows: [string, string][] = [
    ['payments', String(totals.payments)],
    ['seed', String(run.seed)],
    ['payments a second', String(Math.round(totals.payments / run.seconds))],
    ['movements at the PSP', String(totals.movements)],
    ['events that reached merchants', String(totals.events)],
    ['faults injected', String(faults.reduce((sum, [, count]) => sum + count, 0))],
    ...faults.map(([kind, count]): [string, string] => [`– ${kind}`, String(count)]),
    ...harms.map((harm): [string, string] => [harm, String(totals.harms[harm] ?? 0)]),
    ['from the PSP’s first possible answer to truth: median', ms(0.5)],
    ['– 99%', ms(0.99)],
    ['– longest', ms(1)],
  ]
  if (run.markdown)
    return ['| | |', '| --- | ---: |', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n')
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value.padStart(10)}`).join('\n')
}
