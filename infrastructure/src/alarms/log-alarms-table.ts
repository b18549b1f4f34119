import type { LoggingProgram } from '../audit/log-groups.ts'

/** What a line in a program's log is found by, and when an alarm is raised of it. */
export type LogAlarm = {
  /** In CloudWatch: a part of the name of the metric and of the alarm. */
  name: string
  /**
   * A message of the payment service, as it stands in its code; an event of the card relay, with a code beside it; or any line
   * of this level, of a program that is not ours and may change its words.
   */
  line: { message: string } | { event: string; code?: string } | { level: string; meaning: string }
  from: readonly LoggingProgram[]
  /** So many lines within so many minutes. One line is enough where nothing is said. */
  times?: number
  minutes?: number
  /** A page of docs/runbooks/. */
  runbook: string
}

const doors = ['api', 'admin'] as const
const all = ['api', 'worker', 'admin'] as const

/**
 * The lines of docs/operating.md, *What to watch*, that somebody must look at. A test finds each in the code of the program that
 * writes it, and wants every message that the payment service logs as an error to be here or among `unalarmedErrors`.
 */
export const logAlarms: readonly LogAlarm[] = [
  {
    name: 'psp-contradicts-final-state',
    line: { message: 'a PSP contradicts a final state; an operator must look' },
    from: all,
    runbook: 'reconciliation.md',
  },
  {
    name: 'psp-contradicts-dispute',
    line: { message: 'a PSP contradicts itself about a dispute; an operator must look' },
    from: all,
    runbook: 'reconciliation.md',
  },
  {
    name: 'payment-fits-no-session',
    line: { message: 'a PSP reports a payment that does not fit its session; an operator must look' },
    from: all,
    runbook: 'reconciliation.md',
  },
  {
    name: 'psp-reply-makes-no-sense',
    line: { message: 'a PSP’s reply makes no sense; it is looked up' },
    from: all,
    runbook: 'psp-down.md',
  },
  {
    name: 'database-clock-jumped',
    line: {
      message: 'the database’s clock jumped; “not found” proves nothing until what was sent before has ended',
    },
    from: all,
    runbook: 'aws.md#the-database-failed-over',
  },
  {
    name: 'attempt-unresolved',
    line: { message: 'an attempt has had no outcome for 15 minutes; an operator must look' },
    from: ['worker'],
    runbook: 'unresolved.md',
  },
  {
    name: 'settlement-not-applied',
    line: { message: 'a settlement by hand could not be applied; it is tried again' },
    from: ['worker'],
    times: 5,
    minutes: 15,
    runbook: 'unresolved.md',
  },
  {
    name: 'psp-event-not-applied',
    line: { message: 'an event of a PSP could not be applied' },
    from: all,
    runbook: 'webhook-backlog.md',
  },
  {
    name: 'psp-event-not-recorded',
    line: { message: 'what became of a PSP’s event could not be written' },
    from: all,
    times: 5,
    minutes: 15,
    runbook: 'webhook-backlog.md',
  },
  {
    name: 'session-not-closed',
    line: { message: 'a session could not be closed; it is tried again' },
    from: ['worker'],
    times: 10,
    minutes: 15,
    runbook: 'psp-down.md',
  },
  {
    name: 'audit-log-closed',
    line: { message: 'the audit log takes no records: the raw-card route is closed' },
    from: all,
    runbook: 'audit-log.md',
  },
  {
    name: 'audit-records-wait',
    line: { message: 'audit records could not be written yet' },
    from: all,
    runbook: 'audit-log.md',
  },
  {
    name: 'audit-records-lost',
    line: { message: 'audit records were lost' },
    from: all,
    runbook: 'audit-log.md',
  },
  {
    name: 'audit-record-refused',
    line: { message: 'an audit record was refused by the database' },
    from: all,
    runbook: 'audit-log.md',
  },
  {
    name: 'audit-records-lost-at-end',
    line: { message: 'the process ends with audit records that could not be written' },
    from: all,
    runbook: 'audit-log.md',
  },
  {
    name: 'books-differ',
    line: { message: 'FinCore and a PSP differ; an operator must look' },
    from: ['worker'],
    runbook: 'reconciliation.md',
  },
  {
    name: 'books-differ-still',
    line: { message: 'FinCore and a PSP differ; operators must look at the open findings' },
    from: ['worker'],
    runbook: 'reconciliation.md',
  },
  {
    name: 'account-not-compared',
    line: { message: 'a PSP account could not be compared with its PSP; it is tried again' },
    from: ['worker'],
    times: 3,
    minutes: 180,
    runbook: 'reconciliation.md',
  },
  {
    name: 'psp-silent',
    line: { message: 'a PSP does not answer; new payments go round the account' },
    from: ['api', 'worker'],
    runbook: 'psp-down.md',
  },
  {
    name: 'psp-events-missed',
    line: { message: 'events of a PSP had been missed, and were made up for' },
    from: ['worker'],
    times: 10,
    minutes: 60,
    runbook: 'webhook-backlog.md',
  },
  {
    name: 'look-up-not-recorded',
    line: { message: 'a look-up could not be recorded; it is made again' },
    from: all,
    times: 5,
    minutes: 15,
    runbook: 'database-slow.md',
  },
  {
    name: 'request-failed',
    line: { message: 'a request failed' },
    from: doors,
    times: 5,
    minutes: 5,
    runbook: 'process.md',
  },
  {
    name: 'job-round-failed',
    line: { message: 'a round of a job failed' },
    from: ['worker'],
    times: 5,
    minutes: 5,
    runbook: 'process.md',
  },
  {
    name: 'look-up-failed',
    line: { message: 'a look-up failed' },
    from: all,
    times: 5,
    minutes: 5,
    runbook: 'unresolved.md',
  },
  {
    name: 'webhook-not-delivered',
    line: { message: 'a webhook could not be delivered' },
    from: ['worker'],
    times: 5,
    minutes: 15,
    runbook: 'webhook-backlog.md',
  },
  {
    name: 'card-testing-not-written',
    line: { message: 'a block of card testing could not be written; only this process holds it' },
    from: ['api'],
    runbook: 'database-slow.md',
  },
  {
    name: 'card-testing-block-stays',
    line: { message: 'a block of card testing could not be ended early' },
    from: ['api'],
    times: 5,
    minutes: 15,
    runbook: 'database-slow.md',
  },
  {
    name: 'card-testing-not-counted',
    line: { message: 'an outcome was not counted for card testing' },
    from: ['api'],
    times: 5,
    minutes: 15,
    runbook: 'process.md',
  },
  {
    name: 'test-accounts-in-production',
    line: {
      message: 'accounts at a test PSP in production: they are not used; disable them, see docs/operating.md',
    },
    from: all,
    runbook: 'key-compromised.md',
  },
  {
    name: 'grant-lapses',
    line: { message: 'a raw-card grant will lapse' },
    from: ['worker'],
    runbook: 'raw-card-lapsed.md',
  },
  {
    name: 'grants-lapsed',
    line: { message: 'raw-card grants have lapsed' },
    from: ['worker'],
    runbook: 'raw-card-lapsed.md',
  },
  {
    name: 'endpoint-disabled',
    line: { message: 'a webhook endpoint was disabled' },
    from: ['worker'],
    runbook: 'webhook-backlog.md',
  },
  {
    name: 'card-testing-suspected',
    line: { message: 'card testing is suspected; what explains it is not tried for a while' },
    from: ['api'],
    times: 5,
    minutes: 15,
    runbook: 'card-testing.md',
  },
  {
    name: 'requests-shed',
    line: { message: 'more requests than can be done were answered with 503' },
    from: doors,
    times: 60,
    minutes: 5,
    runbook: 'overload.md',
  },
  {
    name: 'database-log-may-quote',
    line: { message: "the database's own log may quote what requests hold; see docs/operating.md" },
    from: all,
    runbook: 'card-data-found.md',
  },
  {
    name: 'key-not-unwrapped',
    line: { message: 'an encryption key cannot be unwrapped by this process' },
    from: all,
    runbook: 'key-compromised.md',
  },
  {
    name: 'setting-file-wrong',
    line: { message: 'a file of a setting is wrong; what it held before stays in use' },
    from: all,
    runbook: 'process.md',
  },
  {
    name: 'database-moved',
    line: { message: 'the database’s address leads to another server; connections to the former were ended' },
    from: all,
    runbook: 'aws.md#the-database-failed-over',
  },
  { name: 'relay-crashed', line: { event: 'crashed' }, from: ['relay'], runbook: 'process.md' },
  {
    name: 'relay-not-sent',
    line: { event: 'not_sent_by_relay' },
    from: ['relay'],
    runbook: 'aws.md#the-relay-refuses-an-instruction',
  },
  {
    name: 'relay-report-unanswered',
    line: { event: 'report_unanswered' },
    from: ['relay'],
    times: 5,
    minutes: 5,
    runbook: 'unresolved.md',
  },
  {
    name: 'relay-without-service',
    line: { event: 'refused', code: 'service_unavailable' },
    from: ['relay'],
    times: 5,
    minutes: 5,
    runbook: 'process.md',
  },
  {
    name: 'collector-drops-metrics',
    line: {
      level: 'error',
      meaning: 'a collector of metrics logs an error: it drops what it could not send for minutes',
    },
    from: ['collector'],
    runbook: 'aws.md#metrics-do-not-arrive',
  },
]

/** Messages that are errors, or that docs/operating.md tells operators to know, without an alarm; each with its reason. */
export const unalarmed: Readonly<Record<string, string>> = {
  'a PSP answers again; the account takes new payments': 'good news',
  'a PSP did not say whether it closed a session; it is asked again': 'asked again; what stays open is an alarm',
  'a webhook endpoint has failed for a day': 'the merchant’s; there is a notice to send',
  'the database’s address leads to another server; connections to the former were ended':
    'a failover is over for this process, and RDS itself tells of failovers',
  'the listener for changes could not connect': 'changes are seen after 5 s all the same',
  'test keys in production: …': 'said at each start, with the accounts at a test PSP',
  'live keys in the sandbox: …': 'said at each start of the sandbox',
}
