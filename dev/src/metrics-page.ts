import { type LabelName, labelTable } from '@fincore/payment-service/observability/labels'
import { type MetricRow, metricsTable } from '@fincore/payment-service/observability/metrics-table'
import { table } from './doc-page.ts'
import { type AlertRow, alerts } from './operations/alerts.ts'
import { type DashboardRow, dashboards } from './operations/dashboards.ts'

/** The page about metrics, health, dashboards and alerts. */
export function describeMetrics(): string {
  const metrics = Object.entries(metricsTable) as [string, MetricRow][]
  return [
    'Every process of the payment service listens on `MANAGEMENT_PORT` (4004), whatever its roles:',
    '',
    table(
      ['Path', 'Answers'],
      [
        ['`GET /metrics`', 'what is in the table below, in Prometheus’s text format'],
        [
          '`GET /health/live`',
          '200 as long as the process answers. It asks nobody: a process that is ended because its database is away helps nobody',
        ],
        [
          '`GET /health/ready`',
          '200 when it should be sent requests; 503 with `reason`: `draining` when it is about to end, `database` when that gave no answer within 2 s. The database is asked once a second at most',
        ],
      ],
    ),
    '',
    'The two of health are at the API and the admin API too. The port asks for no key: let the load balancer and Prometheus reach it and',
    'nobody else. What it tells is how much and how fast, never of whom: no label can hold anything of a request, and a card number least',
    'of all ([how](decisions/0023-metrics.md)). Try it against `npm start`:',
    '',
    '```sh',
    'curl -sS http://127.0.0.1:4004/metrics | grep fincore_psp_outcomes',
    '```',
    '',
    'For Prometheus, with the name `fincore` that dashboards and alerts go by:',
    '',
    '```yaml',
    'scrape_configs:',
    '  - job_name: fincore',
    '    scrape_interval: 15s',
    '    static_configs:',
    "      - targets: ['10.0.1.10:4004', '10.0.1.11:4004']",
    'rule_files: [operations/prometheus/alerts.yaml]',
    '```',
    '',
    'On AWS a collector beside each task does so ([how](aws/README.md#metrics-and-dashboards)).',
    '',
    'Dashboards for Grafana are in `operations/grafana/`: import them, or let Grafana read the folder. They are made from',
    '`dev/src/operations/dashboards.ts`, and every metric in them is in the table.',
    '',
    table(
      ['Dashboard', 'Question'],
      (Object.entries(dashboards) as [string, DashboardRow][]).map(([name, { about }]) => [`\`${name}.json\``, about]),
    ),
    '',
    '## Metrics',
    '',
    '*db*: read of the database, at most every 15 s and with a limit of 2 s for each statement, by workers alone. All workers tell the same,',
    'so take the `max` of them and not the sum. All else is of the one process.',
    '',
    table(
      ['Metric', 'Type', 'Labels', 'What it says', 'Roles'],
      metrics.map(([name, { type, labels, help, roles, ofDatabase }]) => [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(' '),
        help,
        roles.length === 3 ? 'all' : roles.join(', ') + (ofDatabase === true ? ', *db*' : ''),
      ]),
    ),
    '',
    '## Labels',
    '',
    table(
      ['Label', 'What it says', 'Values'],
      (Object.keys(labelTable) as LabelName[]).map((name) => [
        `\`${name}\``,
        labelTable[name].says,
        describeValues(name),
      ]),
    ),
    '',
    '## Alerts',
    '',
    '`operations/prometheus/alerts.yaml`. `page` wakes somebody; `ticket` has time until the morning.',
    '',
    table(
      ['Alert', 'Severity', 'Fires when', 'For', 'Runbook'],
      (Object.entries(alerts) as [string, AlertRow][]).map(([name, row]) => [
        `\`${name}\``,
        row.severity,
        `\`${row.expr}\``,
        row.for,
        `[${row.runbook.split('#')[0]}](runbooks/${row.runbook})`,
      ]),
    ),
  ].join('\n')
}

function describeValues(name: LabelName): string {
  const label = labelTable[name]
  if (!('values' in label)) return `at most ${label.most}, then \`other\``
  return label.values.length > 20
    ? `the ${label.values.length} of the table`
    : label.values.map((value) => `\`${value}\``).join(' ')
}
