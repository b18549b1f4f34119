import type { DrillResult } from './drill.ts'
import { type Findings, type Sink, sinks } from './findings.ts'
import type { ExitCount } from './load.ts'
import { encodings } from './written-forms.ts'

/** `void`: the search or the load did not work as it must, so what FinCore's counts are says nothing. */
export type Verdict = { outcome: 'clean' | 'residue' | 'void'; reasons: string[] }

/** The least part of all canaries that each search must find in the control. */
const leastFound = 0.99
/** The most bytes of one sink that may stay unread: a few pages that belong to the kernel or to a device. */
const mostMissedBytes = 64 * 1024
/** The most exits that may end otherwise than meant, for instance because a busy machine was too slow. */
const mostAstray = 0.02
/** The least part of the canaries of one exit that must take it. */
const leastAsMeant = 0.9
/** The control is one process, which has no shop and stands for relay and payment service at once. */
const withoutControl: readonly Sink[] = ['memory of the payment service', 'memory of the shop', 'other files']

export function judge(result: DrillResult): Verdict {
  const { fincore, control, cards } = result
  const share = (count: number) => `${((100 * count) / cards).toFixed(1)}%`
  const reasons: string[] = []
  for (const sink of sinks) {
    if (fincore.bytesOf(sink) === 0) reasons.push(`nothing was searched in FinCore’s ${sink}`)
    const missed = fincore.missedOf(sink)
    if (missed > mostMissedBytes) reasons.push(`${missed} bytes of FinCore’s ${sink} could not be read`)
    const found = control.of(sink).size
    if (!withoutControl.includes(sink) && found < cards * leastFound) {
      reasons.push(`the control’s ${sink} showed ${share(found)} of the canaries`)
    }
  }
  for (const encoding of encodings) {
    const found = control.anywhere(encoding).size
    if (found < cards * leastFound) reasons.push(`the control showed ${share(found)} of the canaries as ${encoding}`)
  }
  let astray = 0
  for (const [what, count] of result.exits) {
    const ofThis = countAstray(count)
    astray += ofThis
    const asMeant = count.planned - ofThis
    if (asMeant < Math.floor(count.planned * leastAsMeant)) {
      reasons.push(`the exit “${what}” was taken ${asMeant} times of ${count.planned}`)
    }
  }
  if (astray > cards * mostAstray) reasons.push(`${astray} exits ended otherwise than meant`)
  if (result.webhooksReceived === 0) reasons.push('no webhook came')
  if (reasons.length > 0) return { outcome: 'void', reasons }
  const residue = fincore.anywhere().size
  if (residue > 0) return { outcome: 'residue', reasons: [`${residue} canaries were found in FinCore`] }
  return { outcome: 'clean', reasons: [] }
}

/** The table sink × encoding: in each cell FinCore’s count of canaries, and the control’s beside it. */
export function writeTable({ fincore, control }: DrillResult): string {
  const cell = (sink: Sink, encoding?: (typeof encodings)[number]) =>
    `${fincore.of(sink, encoding).size} / ${control.of(sink, encoding).size}`
  const megabytes = (findings: Findings, sink: Sink) => String(Math.ceil(findings.bytesOf(sink) / 1e6))
  const rows = [
    ['found in FinCore / in the control', ...encodings, 'any', 'MB'],
    ...sinks.map((sink) => [
      sink,
      ...encodings.map((encoding) => cell(sink, encoding)),
      cell(sink),
      `${megabytes(fincore, sink)} / ${megabytes(control, sink)}`,
    ]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

/** A line for each way in which an exit ended otherwise than meant: how many did, and why. */
export function writeAstray({ exits }: DrillResult): string[] {
  return [...exits].flatMap(([what, { planned, astray }]) =>
    [...astray].map(
      ([ended, { count, longestMs }]) =>
        `${what}: ${count} of ${planned} ended as “${ended}”, ${explain(ended)}; the slowest took ${Math.round(longestMs)} ms`,
    ),
  )
}

function explain(ended: string): string {
  if (ended === '201 processing') return 'the PSP’s answer did not come in time, or broke off'
  if (ended === 'gone') return 'the connection ended without an answer'
  if (ended.startsWith('201')) return 'the PSP answered otherwise'
  return /^\d/.test(ended) ? 'FinCore refused' : 'the connection or the charge had not come that far'
}

function countAstray({ astray }: ExitCount): number {
  return [...astray.values()].reduce((sum, { count }) => sum + count, 0)
}
