type Alert = {
  /** PromQL: the alert fires while this has a result. */
  expr: string
  /** For how long it has to, before anybody is told. */
  for: string
  /** `page`: wakes somebody, because money or cards are at stake, or payments fail. `ticket`: within the working day. */
  severity: 'page' | 'ticket'
  /** One line, as it reaches whoever is told; `{{ $labels.… }}` and `{{ $value }}` are Prometheus’s. */
  summary: string
  /** A file of docs/runbooks and a heading in it. */
  runbook: `${string}.md#${string}`
}

const sumRate = (series: string, by: string) => `sum by (${by}) (rate(${series}[5m]))`
const p = (quantile: number, name: string, by: string, labels = '') =>
  `histogram_quantile(${quantile}, sum by (${[by, 'le'].filter((word) => word !== '').join(', ')}) (rate(${name}_bucket${labels}[5m])))`
const failedReplies = 'fincore_psp_replies_total{reply=~"5xx|refused|reset|timeout|tls"}'

/**
 * What is worth telling somebody, in the order of a bad night. What is read of the database is the same in every worker, so
 * it is never added up. Thresholds are where people begin to notice, or where a promise of the docs ends.
 */
export const alerts = {
  FincoreDown: {
    expr: 'up{job="fincore"} == 0',
    for: '2m',
    severity: 'page',
    summary: '{{ $labels.instance }} answers no scrape.',
    runbook: 'process.md#it-does-not-answer',
  },
  FincoreNotReady: {
    expr: 'fincore_ready == 0',
    for: '2m',
    severity: 'page',
    summary: '{{ $labels.instance }} is not ready: it drains, or its database is away.',
    runbook: 'process.md#it-is-not-ready',
  },
  FincoreNoWorker: {
    expr: 'absent(fincore_database_figures_age_seconds)',
    for: '5m',
    severity: 'page',
    summary: 'No process with the role worker is scraped: nothing in doubt is settled, no webhook is sent.',
    runbook: 'process.md#a-job-stands-still',
  },
  FincoreJobStandsStill: {
    expr: 'sum by (task) (increase(fincore_job_round_duration_seconds_count{task=~"outbox|inbox|resolver|audit sealing"}[5m])) == 0',
    for: '5m',
    severity: 'page',
    summary: 'No round of “{{ $labels.task }}” has ended well for five minutes.',
    runbook: 'process.md#a-job-stands-still',
  },
  FincoreJobFails: {
    expr: 'sum by (task) (increase(fincore_job_failures_total[15m])) > 5',
    for: '5m',
    severity: 'ticket',
    summary: 'Rounds of “{{ $labels.task }}” fail.',
    runbook: 'process.md#a-job-stands-still',
  },
  FincoreRequestsFail: {
    expr: `${sumRate('fincore_http_requests_total{door=~"api|internal",status="5xx"}', 'door')} / ${sumRate('fincore_http_requests_total{door=~"api|internal"}', 'door')} > 0.02`,
    for: '5m',
    severity: 'page',
    summary: '{{ $value | humanizePercentage }} of the requests at the door {{ $labels.door }} end with 5xx.',
    runbook: 'process.md#requests-fail',
  },
  FincoreErrorsLogged: {
    expr: 'sum(increase(fincore_log_lines_total{level="error"}[15m])) > 20',
    for: '5m',
    severity: 'ticket',
    summary: '{{ $value | humanize }} errors were logged in 15 minutes.',
    runbook: 'process.md#requests-fail',
  },
  FincoreRestarts: {
    expr: 'changes(process_start_time_seconds{job="fincore"}[30m]) > 2',
    for: '0m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} has begun anew more than twice in half an hour.',
    runbook: 'process.md#it-begins-anew-and-again',
  },
  FincoreEventLoopLate: {
    expr: 'fincore_event_loop_delay_seconds{quantile="0.99"} > 0.2',
    for: '5m',
    severity: 'ticket',
    summary: 'The event loop of {{ $labels.instance }} is {{ $value | humanizeDuration }} late.',
    runbook: 'process.md#the-event-loop-is-late',
  },

  FincoreSheds: {
    expr: 'sum(rate(fincore_http_requests_shed_total[5m])) > 1',
    for: '5m',
    severity: 'page',
    summary: '{{ $value | humanize }} requests a second are turned away with 503.',
    runbook: 'overload.md#requests-are-turned-away',
  },
  FincoreChargesSlow: {
    expr: `${p(0.99, 'fincore_http_request_duration_seconds', '', '{door="api",route="POST /v1/charges"}')} > 5`,
    for: '10m',
    severity: 'ticket',
    summary: 'One in a hundred token charges takes longer than {{ $value | humanizeDuration }}.',
    runbook: 'overload.md#charges-are-slow',
  },

  FincorePspBreakerOpen: {
    expr: 'max by (psp_account, way) (fincore_psp_breaker_open) == 1',
    for: '1m',
    severity: 'page',
    summary: 'New payments go round {{ $labels.psp_account }} ({{ $labels.way }}): its PSP does not answer.',
    runbook: 'psp-down.md#the-breaker-is-open',
  },
  FincorePspFails: {
    expr: `${sumRate(failedReplies, 'psp, psp_account, way')} / ${sumRate('fincore_psp_replies_total', 'psp, psp_account, way')} > 0.2`,
    for: '5m',
    severity: 'page',
    summary:
      '{{ $value | humanizePercentage }} of the calls to {{ $labels.psp }} ({{ $labels.psp_account }}, {{ $labels.way }}) fail.',
    runbook: 'psp-down.md#calls-fail',
  },
  FincorePspRejects: {
    expr: `${sumRate('fincore_psp_outcomes_total{operation="authorize",outcome="rejected"}', 'psp, psp_account')} / ${sumRate('fincore_psp_outcomes_total{operation="authorize"}', 'psp, psp_account')} > 0.1`,
    for: '10m',
    severity: 'page',
    summary:
      '{{ $labels.psp }} rejects {{ $value | humanizePercentage }} of the payments at {{ $labels.psp_account }} as wrong requests.',
    runbook: 'psp-down.md#the-psp-rejects-what-we-send',
  },
  FincorePspSlow: {
    expr: `${p(0.95, 'fincore_psp_call_duration_seconds', 'psp, psp_account', '{operation="authorize"}')} > 5`,
    for: '10m',
    severity: 'ticket',
    summary: '{{ $labels.psp }} takes {{ $value | humanizeDuration }} for a payment at {{ $labels.psp_account }}.',
    runbook: 'psp-down.md#the-psp-is-slow',
  },
  FincoreApprovalsFall: {
    expr: `${approvals('1h')} < 0.7 * ${approvals('1d')} and on (psp, psp_account) sum by (psp, psp_account) (increase(fincore_psp_outcomes_total{operation="authorize"}[1h])) > 50`,
    for: '15m',
    severity: 'ticket',
    summary:
      'Of the payments at {{ $labels.psp_account }} ({{ $labels.psp }}) {{ $value | humanizePercentage }} are approved, far fewer than in the day before.',
    runbook: 'psp-down.md#fewer-payments-are-approved',
  },

  FincoreInDoubtOld: {
    expr: 'max(fincore_attempts_in_doubt_oldest_seconds{waits_for="psp"}) > 900',
    for: '1m',
    severity: 'page',
    summary: 'An attempt has been without an outcome for {{ $value | humanizeDuration }}.',
    runbook: 'unresolved.md#1-look',
  },
  FincoreInDoubtMany: {
    expr: 'max(fincore_attempts_in_doubt{waits_for="psp"}) > 50',
    for: '5m',
    severity: 'page',
    summary: '{{ $value }} attempts wait for a PSP to say what became of them.',
    runbook: 'in-doubt.md#look',
  },
  FincoreInboxLate: {
    expr: 'max(fincore_psp_events_oldest_seconds{event_state="due"}) > 120',
    for: '5m',
    severity: 'page',
    summary: 'PSPs’ events wait {{ $value | humanizeDuration }} to be applied.',
    runbook: 'webhook-backlog.md#events-of-psps-wait',
  },
  FincoreEventsHeld: {
    expr: 'max(fincore_psp_events_oldest_seconds{event_state="held"}) > 3600',
    for: '5m',
    severity: 'ticket',
    summary: 'An event of a PSP has matched nothing for {{ $value | humanizeDuration }}.',
    runbook: 'webhook-backlog.md#events-are-held-or-flagged',
  },
  FincoreEventsFlagged: {
    expr: 'max(fincore_psp_events_waiting{event_state="flagged"}) > 0',
    for: '5m',
    severity: 'ticket',
    summary: '{{ $value }} events of PSPs contradict what FinCore holds for final.',
    runbook: 'webhook-backlog.md#events-are-held-or-flagged',
  },
  FincoreBooksDiffer: {
    expr: 'max by (class) (fincore_reconciliation_findings_open) > 0',
    for: '15m',
    severity: 'ticket',
    summary: '{{ $value }} differences of the class {{ $labels.class }} between FinCore’s books and a PSP’s are open.',
    runbook: 'reconciliation.md#the-books-differ',
  },
  FincoreNotCompared: {
    expr: 'max(fincore_reconciliation_behind_seconds) > 10800',
    for: '15m',
    severity: 'ticket',
    summary: 'A PSP account has not been compared with its PSP for {{ $value | humanizeDuration }}.',
    runbook: 'reconciliation.md#an-account-is-not-compared',
  },

  FincoreOutboxLate: {
    expr: 'max(fincore_webhook_deliveries_oldest_due_seconds) > 120',
    for: '5m',
    severity: 'page',
    summary: 'Webhooks to merchants wait {{ $value | humanizeDuration }} before they are tried.',
    runbook: 'webhook-backlog.md#deliveries-wait',
  },
  FincoreDeliveriesFail: {
    expr: 'sum(rate(fincore_webhook_tries_total{result!="delivered"}[15m])) / sum(rate(fincore_webhook_tries_total[15m])) > 0.5',
    for: '15m',
    severity: 'ticket',
    summary: '{{ $value | humanizePercentage }} of the tries to deliver a webhook fail.',
    runbook: 'webhook-backlog.md#deliveries-fail',
  },

  FincoreDatabaseRefuses: {
    expr: 'sum(increase(fincore_http_refusals_total{code="service_unavailable"}[5m])) > 10',
    for: '1m',
    severity: 'page',
    summary: '{{ $value | humanize }} requests in five minutes found no database that takes them.',
    runbook: 'database-full.md#look-first',
  },
  FincoreDatabaseGrows: {
    expr: 'predict_linear(fincore_database_size_bytes[6h], 604800) > 2 * fincore_database_size_bytes',
    for: '1h',
    severity: 'ticket',
    summary: 'In a week the database will have more than twice its size, {{ $value | humanize1024 }}B.',
    runbook: 'database-full.md#what-grows',
  },
  FincorePoolExhausted: {
    expr: 'fincore_database_waiting > 20',
    for: '2m',
    severity: 'page',
    summary: 'In {{ $labels.instance }} {{ $value }} statements wait for a connection of the pool.',
    runbook: 'database-slow.md#statements-wait-for-a-connection',
  },
  FincoreDatabaseSlow: {
    expr: `${p(0.99, 'fincore_database_batch_duration_seconds', 'batch')} > 0.5`,
    for: '5m',
    severity: 'page',
    summary: 'The statement “{{ $labels.batch }}” takes {{ $value | humanizeDuration }}.',
    runbook: 'database-slow.md#statements-are-slow',
  },
  FincoreFiguresOld: {
    expr: 'min(fincore_database_figures_age_seconds) > 120',
    for: '3m',
    severity: 'ticket',
    summary:
      'What is in doubt and what waits could not be read of the database for {{ $value | humanizeDuration }}: other alerts are blind.',
    runbook: 'database-slow.md#figures-are-old',
  },
  FincoreNotListening: {
    expr: 'fincore_directory_listening == 0',
    for: '5m',
    severity: 'ticket',
    summary: '{{ $labels.instance }} does not hear of changes at once; a revoked key is taken up to 5 s longer.',
    runbook: 'database-slow.md#changes-are-not-heard',
  },

  FincoreAuditLogClosed: {
    expr: 'max(fincore_audit_log_closed) == 1',
    for: '30s',
    severity: 'page',
    summary: 'The audit log takes no records, so no raw card is taken.',
    runbook: 'audit-log.md#it-takes-no-records',
  },
  FincoreAuditUnsealed: {
    expr: 'max(fincore_audit_seal_lag_seconds) > 60',
    for: '1m',
    severity: 'page',
    summary: 'Audit records wait {{ $value | humanizeDuration }} for their seal; at 300 s the raw-card route closes.',
    runbook: 'audit-log.md#records-are-not-sealed',
  },
  FincoreCardDataFound: {
    expr: 'sum by (incident) (increase(fincore_audit_incidents_total{incident=~"card_data.send|psp_webhook.mask_card_data"}[10m])) > 0',
    for: '0m',
    severity: 'page',
    summary: 'Card numbers came to a place where none belong ({{ $labels.incident }}). They were not kept.',
    runbook: 'card-data-found.md#it-came-to-a-wrong-door',
  },
  FincoreSignInsFail: {
    expr: 'sum(increase(fincore_audit_incidents_total{incident="operator.sign_in"}[10m])) > 20',
    for: '0m',
    severity: 'page',
    summary: '{{ $value | humanize }} calls of the admin API in ten minutes had no operator’s token.',
    runbook: 'key-compromised.md#somebody-tries-operators-tokens',
  },
  FincoreKeysRefused: {
    expr: 'sum(increase(fincore_audit_incidents_total{incident="api_key.refuse"}[10m])) > 500',
    for: '0m',
    severity: 'ticket',
    summary: '{{ $value | humanize }} requests in ten minutes came with a key that may not.',
    runbook: 'key-compromised.md#somebody-tries-keys',
  },
  FincoreGrantEnds: {
    expr: 'max(fincore_raw_card_grants_ending{within_days="7"}) > 0',
    for: '1h',
    severity: 'ticket',
    summary: '{{ $value }} raw-card grants end within seven days.',
    runbook: 'raw-card-lapsed.md#before-it-ends',
  },
  FincoreRawCardsRefused: {
    expr: 'sum by (code) (increase(fincore_http_refusals_total{door="internal",code=~"raw_card_grant_(expired|suspended|revoked)"}[15m])) > 5',
    for: '0m',
    severity: 'ticket',
    summary: 'A merchant sends raw cards and is turned away: {{ $labels.code }}.',
    runbook: 'raw-card-lapsed.md#it-has-ended',
  },
  FincoreCardTesting: {
    expr: 'max(fincore_card_testing_blocks) > 0',
    for: '5m',
    severity: 'ticket',
    summary: 'Card testing is suspected: {{ $value }} blocks hold.',
    runbook: 'card-testing.md#look',
  },
} as const satisfies Record<`Fincore${string}`, Alert>

export type AlertRow = Alert

/** Which part of the payments were approved, of those that the bank decided. */
function approvals(range: string): string {
  const of = (outcomes: string) =>
    `sum by (psp, psp_account) (increase(fincore_psp_outcomes_total{operation="authorize",outcome=~"${outcomes}"}[${range}]))`
  return `(${of('approved')} / ${of('approved|declined')})`
}
