import { printable, toJson } from '../../printable.ts'
import type { Ending } from '../exit-codes.ts'
import { paint, type Surroundings, say } from '../surroundings.ts'
import { type DoctorOptions, examine } from './examine.ts'
import { doctorFindings, type Finding, type FindingRow, type Result } from './findings.ts'

const marks: Readonly<Record<Result, string>> = { ok: '✔', warning: '!', error: '✖', unchecked: '?' }
const words: Readonly<Record<Result, string>> = {
  ok: 'ok',
  warning: 'warning',
  error: 'ERROR',
  unchecked: 'not checked',
}
const colours = { ok: 'green', warning: 'yellow', error: 'red', unchecked: 'dim' } as const
const topicWidth = Math.max(...Object.values(doctorFindings).map(({ about }) => about.length))

/** Examines a deployment and tells each finding at once. The last line sums up. */
export async function printExamination(io: Surroundings, options: DoctorOptions): Promise<Ending> {
  const counts: Record<Result, number> = { error: 0, warning: 0, unchecked: 0, ok: 0 }
  for await (const finding of examine(io, options)) {
    const row: FindingRow = doctorFindings[finding.code]
    counts[row.result] += 1
    say(io, options.json ? asJson(finding, row) : asText(io, finding, row))
  }
  if (!options.json) {
    const sum = Object.entries(counts).flatMap(([result, count]) =>
      count === 0 ? [] : [`${count} ${words[result as Result].toLowerCase()}`],
    )
    say(io, `\n${sum.join(', ')}. ${counts.error === 0 ? 'Nothing must be mended.' : 'Mend what is marked ✖.'}`)
  }
  return counts.error === 0 ? 'done' : 'found'
}

function asJson({ code, detail }: Finding, { about, result, meaning, todo }: FindingRow): string {
  return toJson({ object: 'doctor_finding', code, about, result, meaning, detail, todo })
}

function asText(io: Surroundings, { detail }: Finding, { about, result, meaning, todo }: FindingRow): string {
  const head = `${marks[result]} ${words[result].padEnd(11)}  ${about.padEnd(topicWidth)}  `
  const margin = ' '.repeat(head.length)
  const more = [detail === null ? null : printable(detail), todo === null ? null : `→ ${todo}`]
  return [
    paint(io, colours[result], head) + meaning,
    ...more.flatMap((line) => (line === null ? [] : [margin + line])),
  ].join('\n')
}
