import { table } from '@fincore/dev/doc-page'
import type { Harm } from '../faults/invariants/evidence.ts'
import type { Judgement } from './judge-rollout.ts'
import type { Step } from './rollout.ts'

/** The result of a rollout for whoever reads it: the steps as a table in Markdown, and then what counts. */
export function writeReport(judgement: Judgement, steps: readonly Step[], payments: number): string {
  const { requests, charges, refunds, failed, violations, longestGapMs, slowestMs, events } = judgement
  const count = (harm: Harm) => violations.filter((violation) => violation.harm === harm).length
  const rows = steps.map(({ what, seconds, answered, exit, stopMs }) => [
    what,
    `${seconds.toFixed(1)} s`,
    String(answered),
    exit === null ? '' : `${exit}, ${stopMs} ms`,
  ])
  return [
    table(['step', 'took', 'requests answered', 'the earlier process ended with, after'], rows),
    '',
    `payments begun ${payments}: charges ${charges}, refunds ${refunds}, events at the merchant ${events}`,
    `requests ${requests}, slowest ${slowestMs} ms, longest gap between two answers ${longestGapMs} ms`,
    `failed requests ${failed.length}`,
    `lost ${count('lost')}`,
    `doubled ${count('doubled')}`,
    `other broken promises ${violations.length - count('lost') - count('doubled')}`,
  ].join('\n')
}
