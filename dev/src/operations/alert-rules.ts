import { stringify } from 'yaml'
import { type AlertRow, alerts } from './alerts.ts'

/** `operations/prometheus/alerts.yaml`: the alerts, as Prometheus reads them. */
export function renderAlertRules(): string {
  const rules = (Object.entries(alerts) as [string, AlertRow][]).map(([alert, row]) => ({
    alert,
    expr: row.expr,
    for: row.for,
    labels: { severity: row.severity },
    annotations: { summary: row.summary, runbook: `docs/runbooks/${row.runbook}` },
  }))
  const head = '# Made from dev/src/operations/alerts.ts by `npm run docs`. Change the table there.\n'
  return head + stringify({ groups: [{ name: 'fincore', interval: '30s', rules }] }, { lineWidth: 0 })
}
