import { differenceClasses } from '../payments/difference-classes.ts'
import { printable, toJson } from '../printable.ts'
import type { Money } from '../psp-gateway/port.ts'
import type { Report } from './reconcile.ts'
import type { ShownDifference, Totals } from './run.ts'

/** The report for machines, as one line. Amounts are minor units. */
export function describeAsJson(report: Report): string {
  const { totals, window } = report
  return toJson({
    object: 'reconciliation',
    run: report.applies ? report.run : null,
    psp_account: report.account.id,
    merchant: report.account.merchantId,
    psp: report.account.psp,
    books: report.kind === 'settlement_file' ? 'settlement_file' : 'list',
    dry_run: !report.applies,
    from: window?.from.toISOString() ?? null,
    to: window?.to.toISOString() ?? null,
    complete: report.stopped === null,
    stopped: report.stopped,
    movements: totals.movements,
    records: totals.records,
    open: totals.open,
    repaired: totals.repaired,
    repairable: totals.repairable,
    accepted: totals.accepted,
    closed: totals.closed,
    at_the_edge: totals.atTheEdge,
    differences: report.differences.map((one) => ({
      finding: one.id,
      class: one.class,
      state: one.state,
      kind: one.kind,
      reference: one.reference,
      psp_payment: one.pspPayment,
      charge: one.chargeId,
      psp: showMoney(one.psp),
      own: showMoney(one.own),
      detail: one.detail,
      moved_at: one.movedAt.toISOString(),
    })),
    differences_not_shown: countHidden(report),
  })
}

/** The report for people: one line each, what each class means, and the sum of it. */
export function describeAsTable(report: Report): string {
  const { account, window, totals, differences } = report
  const books = report.kind === 'settlement_file' ? 'by a settlement file' : 'by the PSP’s list'
  const time = window === null ? '' : `, ${window.from.toISOString()} to ${window.to.toISOString()}`
  const lines = [`${printable(account.name)} (${account.id}) at ${account.psp}${time}, ${books}`, '']
  if (differences.length > 0) {
    lines.push(...alignColumns([heads, ...differences.map(describeRow)]), '')
    for (const name of new Set(differences.map((one) => one.class)))
      lines.push(`${name}: ${differenceClasses[name].meaning}`, `  ${differenceClasses[name].operator}`)
    lines.push('')
  }
  const hidden = countHidden(report)
  if (hidden > 0) lines.push(`${hidden} more are not shown.`)
  lines.push(describeTotals(report, totals))
  return lines.join('\n')
}

function describeTotals({ applies }: Report, totals: Totals): string {
  const compared = `${count(totals.movements, 'movement')} of the PSP and ${count(totals.records, 'attempt')} here compared`
  const edge =
    totals.atTheEdge === 0 ? [] : [`${totals.atTheEdge} close to midnight, which another day’s file may have`]
  const found = applies
    ? [
        `${totals.repaired} repaired`,
        `${totals.open} open`,
        `${totals.accepted} accepted before`,
        `${totals.closed} closed`,
      ]
    : [`${totals.repairable} would be repaired`, `${totals.open} would be open`, 'nothing was written']
  return `${compared}: ${[...found, ...edge].join(', ')}.`
}

const heads = ['CLASS', 'STATE', 'KIND', 'AT', 'PSP', 'HERE', 'REFERENCE', 'PSP PAYMENT', 'CHARGE', '']

function describeRow(one: ShownDifference): string[] {
  const text = (money: Money | null) => (money === null ? '-' : `${money.amount} ${money.currency}`)
  return [
    one.class,
    one.state,
    one.kind,
    one.movedAt.toISOString(),
    text(one.psp),
    text(one.own),
    one.reference ?? '-',
    one.pspPayment ?? '-',
    one.chargeId ?? '-',
    one.detail ?? '',
  ].map(printable)
}

function alignColumns(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function countHidden({ totals, differences }: Report): number {
  return totals.open + totals.repaired + totals.repairable + totals.accepted - differences.length
}

function count(number: number, name: string): string {
  return `${number} ${name}${number === 1 ? '' : 's'}`
}

function showMoney(money: Money | null) {
  return money === null ? null : { amount: Number(money.amount), currency: money.currency }
}

const everyMs = { terminal: 200, file: 5_000 }

/** How far it is, on standard error: one line that changes on a terminal, a line now and then elsewhere. */
export function describeProgress(output: NodeJS.WriteStream): { show(totals: Totals): void; end(): void } {
  let shownAt = Number.NEGATIVE_INFINITY
  return {
    show({ movements, records, open, repaired, repairable }) {
      const pauseMs = output.isTTY ? everyMs.terminal : everyMs.file
      if (performance.now() - shownAt < pauseMs) return
      shownAt = performance.now()
      const line = `${movements} movements of the PSP, ${records} attempts here; ${open + repaired + repairable} differences`
      output.write(output.isTTY ? `\r\x1b[K${line} …` : `${line} …\n`)
    },
    end() {
      if (output.isTTY) output.write('\r\x1b[K')
    },
  }
}
