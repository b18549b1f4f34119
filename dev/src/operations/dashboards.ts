export type Panel = {
  title: string
  /** What to see in it; shown beside the title. */
  about?: string
  kind: 'graph' | 'number' | 'table'
  /** Grafana's name of the unit. */
  unit: 's' | 'reqps' | 'short' | 'percentunit' | 'bytes' | 'd' | 'dateTimeAsIso'
  /** Of 24 columns. */
  width: 4 | 6 | 8 | 12 | 24
  queries: readonly { expr: string; legend: string }[]
  /** From where on the number is red. */
  redFrom?: number
}
type Dashboard = {
  title: string
  about: string
  /** A variable to choose by: the values of this label. */
  choose?: { label: string; of: string }
  rows: readonly { title: string; panels: readonly Panel[] }[]
}

const rate = (series: string, by: string) => `sum by (${by}) (rate(${series}[$__rate_interval]))`
const quantile = (q: number, name: string, by: string, labels = '') =>
  `histogram_quantile(${q}, sum by (${[by, 'le'].filter((word) => word !== '').join(', ')}) (rate(${name}_bucket${labels}[$__rate_interval])))`
const number = (title: string, expr: string, more: Partial<Panel> = {}): Panel => ({
  title,
  kind: 'number',
  unit: 'short',
  width: 4,
  queries: [{ expr, legend: title }],
  ...more,
})
const graph = (
  title: string,
  unit: Panel['unit'],
  queries: [expr: string, legend: string][],
  more: Partial<Panel> = {},
): Panel => ({
  title,
  kind: 'graph',
  unit,
  width: 12,
  queries: queries.map(([expr, legend]) => ({ expr, legend })),
  ...more,
})

const chosen = '{psp_account=~"$psp_account"}'
const duration = 'fincore_http_request_duration_seconds'
const call = 'fincore_psp_call_duration_seconds'

/** The dashboards, each for one question. Made into `operations/grafana/*.json`. */
export const dashboards = {
  overview: {
    title: 'FinCore: overview',
    about: 'Does FinCore take payments, how fast, and how near is it to what it can do?',
    rows: [
      {
        title: 'Now',
        panels: [
          number('Processes ready', 'sum(fincore_ready)'),
          number(
            'Charges a second',
            'sum(rate(fincore_http_requests_total{route=~"POST /v1/charges|POST /internal/card_charges",status="2xx"}[$__rate_interval]))',
            { unit: 'reqps' },
          ),
          number(
            '5xx of all requests',
            'sum(rate(fincore_http_requests_total{status="5xx"}[$__rate_interval])) / sum(rate(fincore_http_requests_total[$__rate_interval]))',
            { unit: 'percentunit', redFrom: 0.02 },
          ),
          number('Turned away a second', 'sum(rate(fincore_http_requests_shed_total[$__rate_interval]))', {
            unit: 'reqps',
            redFrom: 1,
          }),
          number('Oldest in doubt', 'max(fincore_attempts_in_doubt_oldest_seconds{waits_for="psp"})', {
            unit: 's',
            redFrom: 900,
          }),
          number('Accounts gone round', 'sum(max by (psp_account, way) (fincore_psp_breaker_open) == bool 1)', {
            redFrom: 1,
          }),
        ],
      },
      {
        title: 'Requests',
        panels: [
          graph('Requests by route', 'reqps', [
            [rate('fincore_http_requests_total{door=~"api|internal"}', 'route'), '{{route}}'],
          ]),
          graph('Refusals by code', 'reqps', [[rate('fincore_http_refusals_total', 'code'), '{{code}}']]),
          graph(
            'Token charges: how long',
            's',
            [
              [quantile(0.5, duration, '', '{door="api",route="POST /v1/charges"}'), 'median'],
              [quantile(0.99, duration, '', '{door="api",route="POST /v1/charges"}'), '99 of 100'],
            ],
            { about: 'The PSP’s time included; its own is on the PSPs’ dashboard.' },
          ),
          graph('Slowest routes: 95 of 100', 's', [[`topk(8, ${quantile(0.95, duration, 'route')})`, '{{route}}']]),
        ],
      },
      {
        title: 'How full it is',
        panels: [
          graph(
            'Places in use',
            'short',
            [
              ['sum by (kind) (fincore_door_places_in_use)', '{{kind}} in use'],
              ['sum by (kind) (fincore_door_places)', '{{kind}} in all'],
            ],
            { about: 'Where the two meet, requests are turned away.' },
          ),
          graph('Turned away', 'reqps', [[rate('fincore_http_requests_shed_total', 'kind'), '{{kind}}']]),
          graph('Event loop: part of a core', 'percentunit', [
            ['rate(fincore_event_loop_active_seconds_total[$__rate_interval])', '{{instance}}'],
          ]),
          graph('Event loop: how late', 's', [['fincore_event_loop_delay_seconds{quantile="0.99"}', '{{instance}}']]),
        ],
      },
    ],
  },
  psps: {
    title: 'FinCore: PSPs',
    about: 'How does each PSP account do, as FinCore sees it?',
    choose: { label: 'psp_account', of: 'fincore_psp_replies_total' },
    rows: [
      {
        title: 'Calls',
        panels: [
          graph('Calls', 'reqps', [
            [rate(`${call}_count${chosen}`, 'psp_account, operation, way'), '{{psp_account}} {{operation}} {{way}}'],
          ]),
          graph('Calls that failed, of all', 'percentunit', [
            [
              `${rate('fincore_psp_replies_total{psp_account=~"$psp_account",reply=~"5xx|refused|reset|timeout|tls"}', 'psp_account, way')} / ${rate(`fincore_psp_replies_total${chosen}`, 'psp_account, way')}`,
              '{{psp_account}} {{way}}',
            ],
          ]),
          graph('Payments: how long, 95 of 100', 's', [
            [
              quantile(0.95, call, 'psp_account, way', '{psp_account=~"$psp_account",operation="authorize"}'),
              '{{psp_account}} {{way}}',
            ],
          ]),
          graph('Other calls: how long, 95 of 100', 's', [
            [
              quantile(0.95, call, 'psp_account, operation', '{psp_account=~"$psp_account",operation!="authorize"}'),
              '{{psp_account}} {{operation}}',
            ],
          ]),
        ],
      },
      {
        title: 'What they said',
        panels: [
          graph('Payments by outcome', 'reqps', [
            [
              rate(
                'fincore_psp_outcomes_total{psp_account=~"$psp_account",operation="authorize"}',
                'psp_account, outcome',
              ),
              '{{psp_account}} {{outcome}}',
            ],
          ]),
          graph('Approved, of what the bank decided', 'percentunit', [
            [
              `${rate('fincore_psp_outcomes_total{psp_account=~"$psp_account",operation="authorize",outcome="approved"}', 'psp_account')} / ${rate('fincore_psp_outcomes_total{psp_account=~"$psp_account",operation="authorize",outcome=~"approved|declined"}', 'psp_account')}`,
              '{{psp_account}}',
            ],
          ]),
          graph('Captures, cancels and refunds by outcome', 'reqps', [
            [
              rate(
                'fincore_psp_outcomes_total{psp_account=~"$psp_account",operation=~"capture|cancel|refund"}',
                'operation, outcome',
              ),
              '{{operation}} {{outcome}}',
            ],
          ]),
          graph('Replies by class', 'reqps', [
            [rate(`fincore_psp_replies_total${chosen}`, 'psp_account, reply'), '{{psp_account}} {{reply}}'],
          ]),
        ],
      },
      {
        title: 'What FinCore does about it',
        panels: [
          graph(
            'Breakers',
            'short',
            [[`max by (psp_account, way) (fincore_psp_breaker_open${chosen})`, '{{psp_account}} {{way}}']],
            { about: '1: new payments go round the account. 0.5: one is let through as a try.' },
          ),
          graph('Merchants’ requests that wait for it', 'short', [
            [`sum by (psp_account, way) (fincore_psp_places_in_use${chosen})`, '{{psp_account}} {{way}} in use'],
            [`sum by (psp_account, way) (fincore_psp_places${chosen})`, '{{psp_account}} {{way}} in all'],
          ]),
        ],
      },
    ],
  },
  money: {
    title: 'FinCore: money in doubt',
    about: 'What is not known, what contradicts, and what waits for an operator?',
    rows: [
      {
        title: 'Not known yet',
        panels: [
          number('In doubt', 'max(fincore_attempts_in_doubt{waits_for="psp"})', { redFrom: 50 }),
          number('Oldest', 'max(fincore_attempts_in_doubt_oldest_seconds{waits_for="psp"})', {
            unit: 's',
            redFrom: 900,
          }),
          number('Events flagged', 'max(fincore_psp_events_waiting{event_state="flagged"})', { redFrom: 1 }),
          number('Oldest event held', 'max(fincore_psp_events_oldest_seconds{event_state="held"})', {
            unit: 's',
            redFrom: 3600,
          }),
          number('Differences open', 'sum(max by (class) (fincore_reconciliation_findings_open)) or vector(0)', {
            redFrom: 1,
          }),
          number('Furthest behind', 'max(fincore_reconciliation_behind_seconds)', { unit: 's', redFrom: 10800 }),
        ],
      },
      {
        title: 'Over time',
        panels: [
          graph('Attempts in doubt', 'short', [['max by (waits_for) (fincore_attempts_in_doubt)', '{{waits_for}}']], {
            about: 'A shopper in front of 3-D Secure is no fault.',
          }),
          graph('The oldest of them', 's', [
            ['max by (waits_for) (fincore_attempts_in_doubt_oldest_seconds)', '{{waits_for}}'],
          ]),
          graph('Calls whose outcome was unknown', 'reqps', [
            [rate('fincore_psp_outcomes_total{outcome="unknown"}', 'psp, operation'), '{{psp}} {{operation}}'],
          ]),
          graph('Look-ups', 'reqps', [
            [rate('fincore_psp_call_duration_seconds_count{operation="look_up"}', 'psp'), '{{psp}}'],
          ]),
          graph('PSPs’ events', 'reqps', [[rate('fincore_psp_events_total', 'fate'), '{{fate}}']]),
          graph('PSPs’ events that wait', 'short', [
            ['max by (event_state) (fincore_psp_events_waiting)', '{{event_state}}'],
          ]),
          graph('Differences by class', 'short', [
            ['max by (class) (fincore_reconciliation_findings_open)', '{{class}}'],
          ]),
          graph('Notices that nobody has acknowledged', 'short', [
            ['max by (notice) (fincore_notices_open)', '{{notice}}'],
          ]),
        ],
      },
    ],
  },
  webhooks: {
    title: 'FinCore: webhooks',
    about: 'Do merchants hear what happened, and soon?',
    rows: [
      {
        title: 'Now',
        panels: [
          number('Waiting', 'max(fincore_webhook_deliveries_pending)'),
          number('Oldest due', 'max(fincore_webhook_deliveries_oldest_due_seconds)', { unit: 's', redFrom: 120 }),
          number(
            'Delivered, of all tries',
            'sum(rate(fincore_webhook_tries_total{result="delivered"}[$__rate_interval])) / sum(rate(fincore_webhook_tries_total[$__rate_interval]))',
            { unit: 'percentunit' },
          ),
          number('Endpoints failing', 'max(fincore_webhook_endpoints_failing)', { redFrom: 1 }),
        ],
      },
      {
        title: 'Over time',
        panels: [
          graph('Tries by what they met', 'reqps', [[rate('fincore_webhook_tries_total', 'result'), '{{result}}']]),
          graph('How long endpoints take', 's', [
            [quantile(0.5, 'fincore_webhook_try_duration_seconds', ''), 'median'],
            [quantile(0.95, 'fincore_webhook_try_duration_seconds', ''), '95 of 100'],
          ]),
          graph('Deliveries that wait', 'short', [['max(fincore_webhook_deliveries_pending)', 'waiting']]),
          graph('The oldest that is due', 's', [['max(fincore_webhook_deliveries_oldest_due_seconds)', 'oldest']]),
        ],
      },
    ],
  },
  process: {
    title: 'FinCore: database, processes and cards',
    about: 'What does each process wait for, and is the card route as it must be?',
    rows: [
      {
        title: 'Database',
        panels: [
          graph('Connections', 'short', [
            ['sum by (instance, connection) (fincore_database_connections)', '{{instance}} {{connection}}'],
            ['fincore_database_waiting', '{{instance}} waiting for one'],
            ['fincore_database_connections_most', '{{instance}} may have'],
          ]),
          graph('Statements that requests share: 99 of 100', 's', [
            [quantile(0.99, 'fincore_database_batch_duration_seconds', 'batch'), '{{batch}}'],
          ]),
          graph('Requests in each of them', 'short', [
            [
              'sum by (batch) (rate(fincore_database_batch_items_sum[$__rate_interval])) / sum by (batch) (rate(fincore_database_batch_items_count[$__rate_interval]))',
              '{{batch}}',
            ],
          ]),
          graph('Size', 'bytes', [['max(fincore_database_size_bytes)', 'on disk']]),
          graph('Changes heard at once', 'short', [['fincore_directory_listening', '{{instance}}']]),
          graph('Age of the figures', 's', [['fincore_database_figures_age_seconds', '{{instance}}']]),
        ],
      },
      {
        title: 'Jobs',
        panels: [
          graph('Rounds: 95 of 100', 's', [[quantile(0.95, 'fincore_job_round_duration_seconds', 'task'), '{{task}}']]),
          graph('Rounds that failed', 'reqps', [[rate('fincore_job_failures_total', 'task'), '{{task}}']]),
        ],
      },
      {
        title: 'Processes',
        panels: [
          graph('CPU', 'percentunit', [
            ['sum by (instance) (rate(process_cpu_seconds_total{job="fincore"}[$__rate_interval]))', '{{instance}}'],
          ]),
          graph('Memory', 'bytes', [
            ['process_resident_memory_bytes{job="fincore"}', '{{instance}} resident'],
            ['fincore_heap_used_bytes', '{{instance}} heap'],
          ]),
          graph('Time spent collecting garbage', 'percentunit', [
            [rate('fincore_gc_duration_seconds_sum', 'instance, gc'), '{{instance}} {{gc}}'],
          ]),
          graph('Open files', 'short', [['process_open_fds{job="fincore"}', '{{instance}}']]),
          graph('Lines of the log', 'reqps', [[rate('fincore_log_lines_total', 'level'), '{{level}}']]),
          {
            title: 'Versions',
            kind: 'table',
            unit: 'dateTimeAsIso',
            width: 12,
            queries: [
              {
                expr: '1000 * process_start_time_seconds * on (instance) group_left (version) fincore_build_info',
                legend: '{{instance}} {{version}}',
              },
            ],
            about: 'Since when each runs.',
          },
        ],
      },
      {
        title: 'Cards and the audit log',
        panels: [
          number('Audit log closed', 'max(fincore_audit_log_closed)', { redFrom: 1 }),
          number('Oldest unsealed', 'max(fincore_audit_seal_lag_seconds)', { unit: 's', redFrom: 60 }),
          number('Raw-card grants', 'max(fincore_raw_card_grants_in_force)'),
          number('Next one ends in', 'min(fincore_raw_card_grant_next_end_days)', { unit: 'd' }),
          number('Ending within 30 days', 'max(fincore_raw_card_grants_ending{within_days="30"})', { redFrom: 1 }),
          number('Card-testing blocks', 'max(fincore_card_testing_blocks)', { redFrom: 1 }),
          graph(
            'Incidents in the audit log',
            'reqps',
            [[rate('fincore_audit_incidents_total', 'incident'), '{{incident}}']],
            { width: 24 },
          ),
        ],
      },
    ],
  },
} as const satisfies Record<string, Dashboard>

export type DashboardRow = Dashboard
