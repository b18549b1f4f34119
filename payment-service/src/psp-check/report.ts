import type { CheckedPspAccount } from '../flows/check-psp-account.ts'
import { printable } from '../printable.ts'
import type { CheckResult } from '../psp-gateway/check-codes.ts'

/** The worst of what was found. What could not be asked is no fault. */
export function resultOf({ findings }: CheckedPspAccount): 'ok' | 'warning' | 'error' {
  const has = (result: CheckResult) => findings.some((finding) => finding.result === result)
  return has('error') ? 'error' : has('warning') ? 'warning' : 'ok'
}

/** As the admin API answers it, and as `--json` prints it. */
export function showCheck(checked: CheckedPspAccount) {
  const { account, webhookUrl, findings } = checked
  return {
    object: 'psp_account_check',
    psp_account: account.id,
    merchant: account.merchantId,
    psp: account.psp,
    webhook_url: webhookUrl,
    result: resultOf(checked),
    findings: findings.map(({ code, about, result, meaning, todo, detail }) => ({
      code,
      about,
      result,
      meaning,
      detail,
      todo,
    })),
  }
}

const marks: Record<CheckResult, string> = { ok: '✔', warning: '!', error: '✖', unchecked: '?' }
const words: Record<CheckResult, string> = { ok: 'ok', warning: 'warning', error: 'WRONG', unchecked: 'not checked' }
const order: readonly CheckResult[] = ['error', 'warning', 'unchecked', 'ok']

/** The report for people: what is wrong first, each with what to do. */
export function describeCheck(checked: CheckedPspAccount): string {
  const { account, webhookUrl } = checked
  const findings = order.flatMap((result) => checked.findings.filter((finding) => finding.result === result))
  const topicWidth = Math.max(...findings.map(({ about }) => about.length))
  const lines = findings.flatMap(({ result, about, meaning, detail, todo }) => {
    const head = `  ${marks[result]} ${words[result].padEnd(11)}  ${about.padEnd(topicWidth)}  `
    const more = [detail === null ? null : printable(detail), todo === null ? null : `→ ${todo}`].filter(
      (line) => line !== null,
    )
    return [`${head}${meaning}`, ...more.map((line) => `${' '.repeat(head.length)}${line}`)]
  })
  const counts = order.map((result) => ({ result, count: findings.filter((one) => one.result === result).length }))
  const sum = counts.flatMap(({ result, count }) => (count === 0 ? [] : [`${count} ${words[result].toLowerCase()}`]))
  return [
    `${printable(account.name)} (${account.id}) at ${account.psp}, merchant ${account.merchantId}`,
    `  webhooks come to ${webhookUrl}`,
    ...lines,
    `  ${sum.join(', ')}`,
  ].join('\n')
}
