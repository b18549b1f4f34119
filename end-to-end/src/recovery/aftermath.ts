import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { pathInRepository } from '@fincore/dev/managed-process'
import type { Stage } from '../faults/drill.ts'
import { gather } from '../faults/gather.ts'
import { checkAll } from '../faults/invariants/check-all.ts'
import type { Evidence, Movement } from '../faults/invariants/evidence.ts'
import { printTable } from '../print-table.ts'
import { countDamage, type Damage } from './failover-report.ts'

/** What `fincore reconcile` said of an account. */
type Report = {
  differences: { class: string; state: string; psp_payment: string | null }[]
  stopped: string | null
}
export type Aftermath = {
  before: Damage
  /** Movements at the PSP that FinCore knew nothing of. */
  forgotten: number
  /** In milliseconds since 1970: what came later was not compared. */
  comparedUntil: number
  reports: { account: string; report: Report }[]
}

/**
 * Judges, has each PSP account compared with the PSP’s own list by `fincore reconcile`, as an operator would, and leaves
 * the books as they are then.
 */
export function reconcileAfterwards(progress: (line: string) => void): {
  run(stage: Stage): Promise<void>
  found(): Aftermath
} {
  let aftermath: Aftermath | null = null
  return {
    found() {
      if (aftermath === null) throw new Error('Nothing was reconciled')
      return aftermath
    },
    async run(stage) {
      const { evidence } = await gather(stage.world, stage.journal)
      const before = countDamage({ evidence, violations: checkAll(evidence) })
      const to = new Date()
      progress('waiting until all of it can be compared with the PSP’s list (what is younger may be on its way)')
      await sleep(comparableAfterMs)
      const from = new Date(to.getTime() - 3_600_000)
      const { rows } = await stage.world.database.query<{ id: string }>('select id from psp_accounts order by id')
      const reports = []
      for (const { id } of rows) {
        progress(`fincore reconcile --psp-account ${id}`)
        reports.push({ account: id, report: await reconcile(stage, id, from, to) })
      }
      aftermath = { before, forgotten: findForgotten(evidence).length, comparedUntil: to.getTime(), reports }
    },
  }
}

/** What the PSP did under a reference, and for a payment, that the books do not have. */
export function findForgotten({ truth, attempts, charges }: Evidence): Movement[] {
  const references = new Set(attempts.map(({ id }) => id))
  const payments = new Set(charges.map(({ psp_reference }) => psp_reference))
  return truth.filter(({ own_reference, payment }) => !references.has(own_reference) && !payments.has(payment))
}

/** Why reconciliation did not do its part: what the PSP did and FinCore does not know any more must be among what it found. */
export function findUnfound(evidence: Evidence, { reports, comparedUntil }: Aftermath): string[] {
  const found = new Set(reports.flatMap(({ report }) => report.differences.map(({ psp_payment }) => psp_payment)))
  const stopped = reports.flatMap(({ report }) =>
    report.stopped === null ? [] : [`reconciliation ended: ${report.stopped}`],
  )
  const unfound = findForgotten(evidence).filter(({ payment, at }) => at < comparedUntil && !found.has(payment))
  return [...stopped, ...unfound.map(({ kind, payment }) => `a ${kind} of ${payment} at the PSP was not found`)]
}

/** The sum of what `comparableUntil` leaves out: on their way, calls, look-ups, the PSP’s own window. And some more. */
const comparableAfterMs = 150_000

async function reconcile(stage: Stage, account: string, from: Date, to: Date): Promise<Report> {
  const args = ['reconcile', '--psp-account', account, '--from', from.toISOString(), '--to', to.toISOString(), '--json']
  const cli = pathInRepository('payment-service/src/cli.ts')
  const env = { PATH: process.env.PATH ?? '', ...stage.world.workerSettings }
  // Exit code 1 says that differences are left, which is what is looked for here.
  const ended = await promisify(execFile)(process.execPath, [cli, ...args], { env }).catch(
    (error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? '', stderr: error.stderr ?? '' }),
  )
  if (!ended.stdout.trimStart().startsWith('{')) throw new Error(`fincore reconcile could not be done: ${ended.stderr}`)
  return JSON.parse(ended.stdout) as Report
}

export function describeAftermath({ before, forgotten, reports }: Aftermath, after: Damage, markdown: boolean): string {
  const classes = Map.groupBy(
    reports.flatMap(({ report }) => report.differences),
    (one) => one.class,
  )
  const count = (list: { state: string }[], state: string) => String(list.filter((one) => one.state === state).length)
  const damage = (name: string, of: (damage: Damage) => number) => [name, String(of(before)), String(of(after))]
  return [
    printTable(
      [
        ['', 'when it had settled', 'after fincore reconcile'],
        damage('acknowledged charges', ({ acknowledged }) => acknowledged),
        damage('of which FinCore knows nothing any more', ({ gone }) => gone),
        ['movements at the PSP that it knows nothing of', String(forgotten), String(forgotten)],
        damage('payments doubled', ({ doubled }) => doubled),
        damage('outcomes guessed', ({ guessed }) => guessed),
      ],
      markdown,
    ),
    printTable(
      [
        ['fincore reconcile found', 'repaired', 'open, for operators'],
        ...[...classes].map(([name, list]) => [name, count(list, 'repaired'), count(list, 'open')]),
      ],
      markdown,
    ),
  ].join('\n\n')
}
