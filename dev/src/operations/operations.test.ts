import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { slugOf } from '@fincore/payment-service/http/docs/markdown'
import { type LabelName, labelTable } from '@fincore/payment-service/observability/labels'
import { type MetricRow, metricsTable } from '@fincore/payment-service/observability/metrics-table'
import { pathInRepository } from '../managed-process.ts'
import { type AlertRow, alerts } from './alerts.ts'
import { type DashboardRow, dashboards } from './dashboards.ts'
import { histogramOf, isBalanced, readExpression } from './promql.ts'

const metrics = metricsTable as Record<string, MetricRow>
/** What Prometheus itself adds to every series. */
const ofPrometheus = new Set(['job', 'instance', 'le'])
const ofGrafana = /^\$/

/** What is wrong with an expression, held against the table of metrics. */
function findFaults(expr: string): string[] {
  const { selectors, grouped } = readExpression(expr)
  const faults = isBalanced(expr) ? [] : ['a bracket does not close']
  if (selectors.length === 0) faults.push('it reads nothing')
  const known = new Set<string>(ofPrometheus)
  for (const { metric, labels } of selectors) {
    if (metric === 'up') continue
    const isWhole = metric in metrics
    const row = metrics[isWhole ? metric : histogramOf(metric)]
    if (row === undefined || (row.type === 'histogram') === isWhole) {
      faults.push(`${metric} is no series`)
      continue
    }
    if (row.type === 'counter' && !new RegExp(`(rate|increase|changes|resets)\\(${metric}`).test(expr))
      faults.push(`${metric} only grows: its rate says something`)
    for (const label of row.labels) known.add(label)
    for (const { name, matches } of labels) {
      if (ofPrometheus.has(name)) continue
      if (!row.labels.includes(name as LabelName)) faults.push(`${metric} has no label ${name}`)
      const label = labelTable[name as LabelName]
      if (label === undefined || !('values' in label) || ofGrafana.test(matches)) continue
      const values: readonly string[] = label.values
      const isMet = (part: RegExp) => values.some((value) => part.test(value))
      // Each part of a choice must name something, or it is a word of an earlier version.
      for (const part of matches.replace(/\(([^)]*)\)/, '$1').split('|'))
        if (!isMet(new RegExp(matches.includes('(') ? part : `^(?:${part})$`))) faults.push(`${name} is never ${part}`)
    }
  }
  for (const label of grouped) if (!known.has(label)) faults.push(`nothing in it has the label ${label}`)
  return faults
}

test('a fault in an expression is found', () => {
  for (const expr of [
    'sum(rate(fincore_gone_total[5m]))',
    'fincore_http_requests_total > 1',
    'rate(fincore_http_requests_total{color="red"}[5m])',
    'rate(fincore_http_requests_total{status="6xx"}[5m])',
    'sum by (psp) (rate(fincore_http_requests_total[5m]))',
    'rate(fincore_http_request_duration_seconds[5m])',
    'max(fincore_ready',
    'vector(1)',
  ])
    assert.equal(findFaults(expr).length > 0, true, expr)
})

test('every alert asks for what is measured, and leads to a heading of a runbook', () => {
  for (const [name, { expr, runbook, summary }] of Object.entries(alerts) as [string, AlertRow][]) {
    assert.deepEqual(findFaults(expr), [], name)
    const [file = '', heading] = runbook.split('#')
    const text = readFileSync(pathInRepository(`docs/runbooks/${file}`), 'utf8')
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, words = '']) => slugOf(words))
    assert.ok(headings.includes(heading ?? ''), `${name}: ${runbook}`)
    assert.ok(file === 'unresolved.md' || text.includes(name), `${runbook} speaks of ${name}`)
    const { selectors, grouped } = readExpression(expr)
    const shown = new Set(
      selectors.flatMap(({ metric }) => metrics[histogramOf(metric)]?.labels ?? metrics[metric]?.labels ?? []),
    )
    for (const [, label = ''] of summary.matchAll(/\$labels\.(\w+)/g))
      assert.ok(
        grouped.includes(label) || label === 'instance' || (grouped.length === 0 && shown.has(label as LabelName)),
        `${name}: ${label}`,
      )
  }
})

test('every panel of a dashboard asks for what is measured, and every metric is on a dashboard or in an alert', () => {
  const queries = (Object.values(dashboards) as DashboardRow[]).flatMap(({ rows }) =>
    rows.flatMap(({ panels }) => panels.flatMap(({ title, queries }) => queries.map(({ expr }) => ({ title, expr })))),
  )
  for (const { title, expr } of queries)
    assert.deepEqual(findFaults(expr.replace(/^1000 \* /, '')), [], `${title}: ${expr}`)
  const all = [...queries.map(({ expr }) => expr), ...Object.values(alerts).map(({ expr }) => expr)].join('\n')
  assert.deepEqual(
    Object.keys(metrics).filter((name) => !all.includes(name)),
    [],
  )
})

test('the panels of a row lie beside one another, and none on another', () => {
  for (const name of Object.keys(dashboards)) {
    const { panels } = JSON.parse(readFileSync(pathInRepository(`operations/grafana/${name}.json`), 'utf8'))
    const taken = new Set<string>()
    for (const { id, gridPos } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(x < 24 && !taken.has(`${x} ${y}`), `panel ${id} of ${name}`)
          taken.add(`${x} ${y}`)
        }
    }
    assert.equal(new Set(panels.map(({ id }: { id: number }) => id)).size, panels.length)
  }
})
