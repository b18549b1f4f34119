import type { Role } from '../config.ts'
import type { LabelName } from './labels.ts'

type Metric = {
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  unit: 'seconds' | 'bytes' | 'days' | 'items' | 'yes or no' | null
  labels: readonly LabelName[]
  /** Upper bounds, in the unit. */
  buckets?: readonly number[]
  /** The roles whose processes have it. What is read of the database is told by workers alone, and is the same in each. */
  roles: readonly Role[]
  /** Read of the database, at most every 15 s. */
  ofDatabase?: true
}

const all = ['api', 'worker', 'admin'] as const
const api = ['api'] as const
const worker = ['worker'] as const
const fact = { type: 'gauge', roles: worker, ofDatabase: true } as const
/** From a read out of the cache to a PSP that takes its whole time. */
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
const callBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const
const roundBuckets = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60] as const
const ofAccount = ['psp', 'psp_account'] as const

/**
 * Every metric: nothing else can be recorded, and docs/metrics.md, dashboards and alerts are made from this table or
 * compared with it. Names follow Prometheus: base units, `_total` for what only grows.
 */
export const metricsTable = {
  fincore_http_requests_total: {
    type: 'counter',
    help: 'Requests that were answered, or whose caller went away. Shed ones are not among them.',
    unit: null,
    labels: ['door', 'route', 'status'],
    roles: all,
  },
  fincore_http_request_duration_seconds: {
    type: 'histogram',
    help: 'From the last byte of a request’s headers to the last of its answer, what PSPs took included.',
    unit: 'seconds',
    labels: ['door', 'route'],
    buckets: requestBuckets,
    roles: all,
  },
  fincore_http_refusals_total: {
    type: 'counter',
    help: 'Requests that were answered with a problem, by its code.',
    unit: null,
    labels: ['door', 'code'],
    roles: all,
  },
  fincore_http_requests_shed_total: {
    type: 'counter',
    help: 'Requests that were answered 503 `overloaded` before anything else was done.',
    unit: null,
    labels: ['kind'],
    roles: api,
  },
  fincore_door_places_in_use: {
    type: 'gauge',
    help: 'Requests that are being worked on. Those that wait for a PSP are not among them.',
    unit: null,
    labels: ['kind'],
    roles: api,
  },
  fincore_door_places: {
    type: 'gauge',
    help: 'How many there may be at once; for merchants it follows how long they take.',
    unit: null,
    labels: ['kind'],
    roles: api,
  },

  fincore_psp_call_duration_seconds: {
    type: 'histogram',
    help: 'How long a PSP took to answer, or a call to fail; of the card relay’s calls, the way to the relay included.',
    unit: 'seconds',
    labels: [...ofAccount, 'operation', 'way'],
    buckets: callBuckets,
    roles: all,
  },
  fincore_psp_replies_total: {
    type: 'counter',
    help: 'Calls to PSPs by what came back.',
    unit: null,
    labels: [...ofAccount, 'way', 'reply'],
    roles: all,
  },
  fincore_psp_outcomes_total: {
    type: 'counter',
    help: 'What PSPs said of payments, captures, cancels and refunds when they were asked to make them. Later news is not counted.',
    unit: null,
    labels: [...ofAccount, 'operation', 'outcome'],
    roles: all,
  },
  fincore_psp_breaker_open: {
    type: 'gauge',
    help: '1 while new payments go round the account, 0.5 while one is let through as a try, 0 otherwise; of accounts that this process called.',
    unit: 'yes or no',
    labels: ['psp_account', 'way'],
    roles: api,
  },
  fincore_psp_places_in_use: {
    type: 'gauge',
    help: 'Merchants’ requests that wait for the PSP now.',
    unit: null,
    labels: ['psp_account', 'way'],
    roles: api,
  },
  fincore_psp_places: {
    type: 'gauge',
    help: 'How many may wait for it at once; it follows how fast the PSP answers.',
    unit: null,
    labels: ['psp_account', 'way'],
    roles: api,
  },

  fincore_attempts_in_doubt: {
    ...fact,
    help: 'Attempts whose call has ended and whose outcome is not known; counted up to 10,000.',
    unit: null,
    labels: ['waits_for'],
  },
  fincore_attempts_in_doubt_oldest_seconds: {
    ...fact,
    help: 'How long ago the oldest of them was sent; 0 when there is none.',
    unit: 'seconds',
    labels: ['waits_for'],
  },
  fincore_psp_events_waiting: {
    ...fact,
    help: 'PSPs’ events that are not applied; counted up to 10,000 of each.',
    unit: null,
    labels: ['event_state'],
  },
  fincore_psp_events_oldest_seconds: {
    ...fact,
    help: 'How long ago the oldest of them came; of `due` ones, for how long it has been due. 0 when there is none.',
    unit: 'seconds',
    labels: ['event_state'],
  },
  fincore_psp_events_total: {
    type: 'counter',
    help: 'What became of PSPs’ events in the inbox; a held one counts with each try.',
    unit: null,
    labels: ['fate'],
    roles: worker,
  },
  fincore_webhook_deliveries_pending: {
    ...fact,
    help: 'Deliveries to merchants that wait for a try, those after a failed one included; counted up to 100,000.',
    unit: null,
    labels: [],
  },
  fincore_webhook_deliveries_oldest_due_seconds: {
    ...fact,
    help: 'For how long the oldest due delivery has waited for a place; 0 when none is due. A failed one waits for its time first.',
    unit: 'seconds',
    labels: [],
  },
  fincore_webhook_tries_total: {
    type: 'counter',
    help: 'Tries to deliver a webhook, by what they met.',
    unit: null,
    labels: ['result'],
    roles: worker,
  },
  fincore_webhook_try_duration_seconds: {
    type: 'histogram',
    help: 'How long a merchant’s endpoint took.',
    unit: 'seconds',
    labels: [],
    buckets: callBuckets,
    roles: worker,
  },
  fincore_webhook_endpoints_failing: {
    ...fact,
    help: 'Enabled endpoints of which every try has failed for an hour or longer.',
    unit: null,
    labels: [],
  },

  fincore_reconciliation_findings_open: {
    ...fact,
    help: 'Differences between FinCore’s books and a PSP’s that wait for an operator.',
    unit: null,
    labels: ['class'],
  },
  fincore_reconciliation_behind_seconds: {
    ...fact,
    help: 'Until how long ago the PSP account that is furthest behind has been compared with its PSP; an hour or two is usual.',
    unit: 'seconds',
    labels: [],
  },
  fincore_notices_open: {
    ...fact,
    help: 'Notices about merchants that nobody has acknowledged.',
    unit: null,
    labels: ['notice'],
  },
  fincore_raw_card_grants_ending: {
    ...fact,
    help: 'Raw-card grants in force whose last day is near.',
    unit: null,
    labels: ['within_days'],
  },
  fincore_raw_card_grants_in_force: { ...fact, help: 'Raw-card grants in force.', unit: null, labels: [] },
  fincore_raw_card_grant_next_end_days: {
    ...fact,
    help: 'Days until the next grant’s last day is over; none is told when no grant is in force.',
    unit: 'days',
    labels: [],
  },
  fincore_card_testing_blocks: { ...fact, help: 'Blocks against card testing that hold now.', unit: null, labels: [] },
  fincore_audit_seal_lag_seconds: {
    ...fact,
    help: 'How long the oldest audit record has waited for its seal; 0 when none waits.',
    unit: 'seconds',
    labels: [],
  },
  fincore_database_size_bytes: {
    ...fact,
    help: 'The size of FinCore’s database on disk, without WAL.',
    unit: 'bytes',
    labels: [],
  },
  fincore_database_figures_age_seconds: {
    type: 'gauge',
    help: 'How old the figures are that are read of the database. Those that could not be read for a minute are not told.',
    unit: 'seconds',
    labels: [],
    roles: worker,
  },

  fincore_audit_log_closed: {
    type: 'gauge',
    help: '1 when the audit log took no record at the last try, and so the raw-card route is closed.',
    unit: 'yes or no',
    labels: [],
    roles: api,
  },
  fincore_audit_incidents_total: {
    type: 'counter',
    help: 'What outsiders did that is kept in the audit log: refused keys, failed sign-ins, card numbers where none belong.',
    unit: null,
    labels: ['incident'],
    roles: all,
  },

  fincore_database_connections: {
    type: 'gauge',
    help: 'Connections of this process’s pool.',
    unit: null,
    labels: ['connection'],
    roles: all,
  },
  fincore_database_connections_most: {
    type: 'gauge',
    help: '`DATABASE_CONNECTIONS`.',
    unit: null,
    labels: [],
    roles: all,
  },
  fincore_database_waiting: {
    type: 'gauge',
    help: 'Statements and transactions that wait for a connection of the pool.',
    unit: null,
    labels: [],
    roles: all,
  },
  fincore_database_batch_items: {
    type: 'histogram',
    help: 'How many requests shared a statement, and so a commit.',
    unit: 'items',
    labels: ['batch'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    roles: all,
  },
  fincore_database_batch_duration_seconds: {
    type: 'histogram',
    help: 'How long such a statement took, its wait for a connection included.',
    unit: 'seconds',
    labels: ['batch'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 15],
    roles: all,
  },
  fincore_directory_listening: {
    type: 'gauge',
    help: '1 while changes of keys, accounts and grants are heard at once; 0: they are seen after 5 s.',
    unit: 'yes or no',
    labels: [],
    roles: all,
  },
  fincore_job_round_duration_seconds: {
    type: 'histogram',
    help: 'Rounds of the background jobs that went well. A job without one for long is stuck.',
    unit: 'seconds',
    labels: ['task'],
    buckets: roundBuckets,
    roles: all,
  },
  fincore_job_failures_total: {
    type: 'counter',
    help: 'Rounds that failed; the next one came all the same.',
    unit: null,
    labels: ['task'],
    roles: all,
  },

  fincore_log_lines_total: {
    type: 'counter',
    help: 'Lines of the log that warn or tell of an error.',
    unit: null,
    labels: ['level'],
    roles: all,
  },
  fincore_ready: {
    type: 'gauge',
    help: 'What `GET /health/ready` says: 1 when requests may come.',
    unit: 'yes or no',
    labels: [],
    roles: all,
  },
  fincore_event_loop_delay_seconds: {
    type: 'gauge',
    help: 'How late timers of the event loop were since the last scrape.',
    unit: 'seconds',
    labels: ['quantile'],
    roles: all,
  },
  fincore_event_loop_active_seconds_total: {
    type: 'counter',
    help: 'Time in which the event loop had something to do; its rate is the part of one core.',
    unit: 'seconds',
    labels: [],
    roles: all,
  },
  fincore_gc_duration_seconds: {
    type: 'histogram',
    help: 'Collections of garbage.',
    unit: 'seconds',
    labels: ['gc'],
    buckets: [0.001, 0.01, 0.1, 1],
    roles: all,
  },
  fincore_heap_used_bytes: { type: 'gauge', help: 'JavaScript’s heap in use.', unit: 'bytes', labels: [], roles: all },
  fincore_build_info: { type: 'gauge', help: 'Always 1.', unit: null, labels: ['version'], roles: all },
  process_cpu_seconds_total: {
    type: 'counter',
    help: 'CPU time of the process.',
    unit: 'seconds',
    labels: ['mode'],
    roles: all,
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    help: 'Memory of the process, as the system counts it.',
    unit: 'bytes',
    labels: [],
    roles: all,
  },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the process began, in Unix time.',
    unit: 'seconds',
    labels: [],
    roles: all,
  },
  process_open_fds: {
    type: 'gauge',
    help: 'Open file descriptors, where the system tells them.',
    unit: null,
    labels: [],
    roles: all,
  },
} as const satisfies Record<`fincore_${string}` | `process_${string}`, Metric>

export type MetricName = keyof typeof metricsTable
export type MetricRow = Metric
