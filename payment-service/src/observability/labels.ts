import { errorTable } from '@fincore/api-contract/errors'
import { auditTypes } from '../audit/audit-types.ts'
import { noticeKinds } from '../notices/notice-texts.ts'
import { differenceClasses } from '../payments/difference-classes.ts'
import { pspNames } from '../psp-gateway/registry.ts'

/** The names of all jobs, as `runEvery` is told them. */
export const jobNames = [
  'database clock',
  'encryption keys',
  'secret files',
  'outbox',
  'inbox',
  'resolver',
  'settlements by hand',
  'needless settlements',
  'alert about unresolved attempts',
  'session expiry',
  'audit sealing',
  'reconciliation',
  'grant lapse',
  'endpoint health',
  'forgetting keys',
  'forgetting tries',
  'forgetting notices',
  'forgetting blocks',
] as const
export type JobName = (typeof jobNames)[number]

/** What is asked of a PSP. */
export const pspOperations = [
  'authorize',
  'finish_action',
  'capture',
  'cancel',
  'refund',
  'look_up',
  'create_session',
  'expire_session',
  'list',
  'check',
] as const
export type PspOperation = (typeof pspOperations)[number]

/** The audited actions that outsiders can repeat at will. */
const incidents = namesOf(auditTypes).filter((type) => 'counted' in auditTypes[type])

/**
 * Every label that a metric may have. A closed one has the values of this table and no other. Of an open one the values
 * have a form and there are at most so many in a process: those that come later are counted together as `other`. None can
 * hold anything of a request: `route` is the pattern that the program registered, and ids are those that FinCore made.
 */
export const labelTable = {
  door: { says: 'the listener', values: ['api', 'admin', 'internal', 'management'] },
  route: {
    says: 'method and path pattern, such as `POST /v1/charges/:id/capture`; `none` where no route fits',
    form: /^(none|(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \/[a-z0-9_/:*.-]{0,100})$/i,
    most: 300,
  },
  status: { says: 'the class of the HTTP status', values: ['2xx', '3xx', '4xx', '5xx'] },
  code: { says: 'the code of the problem ([errors](errors.md))', values: namesOf(errorTable) },
  kind: {
    says: 'whose places: merchants’ requests, PSPs’ webhooks, shoppers’ pages',
    values: ['merchant', 'psp_webhook', 'shopper'],
  },
  psp: { says: 'the PSP', values: pspNames },
  psp_account: { says: 'the PSP account; the first 100 that a process meets', form: /^pspa_[0-9a-z]{26}$/, most: 100 },
  operation: { says: 'what the PSP is asked', values: pspOperations },
  way: { says: 'who calls: this process (`ours`) or the card relay (`relayed`)', values: ['ours', 'relayed'] },
  reply: {
    says: 'the class of the PSP’s status, or how the call failed',
    values: ['2xx', '3xx', '4xx', '5xx', 'refused', 'reset', 'timeout', 'tls'],
  },
  outcome: {
    says: 'the word of the port for what the PSP said',
    values: ['approved', 'action_required', 'declined', 'rejected', 'ended', 'unknown'],
  },
  waits_for: { says: 'who has to act: the PSP, or a shopper in front of 3-D Secure', values: ['psp', 'shopper'] },
  event_state: {
    says: 'of a PSP’s event: to be applied now (`due`), matching nothing yet (`held`), or for an operator (`flagged`)',
    values: ['due', 'held', 'flagged'],
  },
  fate: { says: 'what became of a PSP’s event', values: ['applied', 'ignored', 'held', 'flagged'] },
  result: {
    says: 'what a try of a webhook met',
    values: [
      'delivered',
      'status_3xx',
      'status_4xx',
      'status_5xx',
      'timeout',
      'address_not_allowed',
      'name_not_found',
      'refused',
      'reset',
      'tls',
      'unreadable',
    ],
  },
  notice: { says: 'the kind of the notice ([notices](notices.md))', values: namesOf(noticeKinds) },
  class: {
    says: 'the class of the difference ([reconciliation](reconciliation.md))',
    values: namesOf(differenceClasses),
  },
  within_days: { says: 'its last day is at most so many days away', values: ['7', '30', '60'] },
  incident: { says: 'the type of the audit record ([audit](audit.md))', values: incidents },
  connection: { says: 'what the pool’s connection does', values: ['in_use', 'idle'] },
  batch: {
    says: 'the statement that requests share',
    values: ['intents', 'audited_intents', 'outcomes', 'psp_events', 'webhook_tries'],
  },
  task: { says: 'the background job; `job` is a word of Prometheus’s own', values: jobNames },
  level: { says: 'the level of the line', values: ['warn', 'error'] },
  quantile: { says: 'which part of the turns was not later: the median, 99 of 100, all', values: ['0.5', '0.99', '1'] },
  gc: { says: 'what was collected', values: ['minor', 'major', 'incremental', 'weakcb'] },
  mode: { says: 'whose time: the program’s, or the kernel’s for it', values: ['user', 'system'] },
  version: { says: 'of payment-service', form: /^\d{1,4}\.\d{1,4}\.\d{1,4}(-[a-z.0-9]{1,20})?$/, most: 1 },
} as const satisfies Record<string, Label>

type Label = { says: string } & ({ values: readonly string[] } | { form: RegExp; most: number })
export type LabelName = keyof typeof labelTable
export type ValueOf<Name extends LabelName> = (typeof labelTable)[Name] extends { values: readonly (infer Value)[] }
  ? Value
  : string

/** How many values a label can have in one process, `other` included. */
export function mostValues(name: LabelName): number {
  const label: Label = labelTable[name]
  return 'values' in label ? label.values.length : label.most + 1
}

function namesOf<Table extends object>(table: Table): (keyof Table & string)[] {
  return Object.keys(table) as (keyof Table & string)[]
}

/** Admits the values of one process's labels. */
export function createLabelGate(): (name: LabelName, value: string) => string {
  const closed = new Map<LabelName, ReadonlySet<string>>()
  const open = new Map<LabelName, { form: RegExp; most: number; known: Set<string> }>()
  for (const [name, label] of Object.entries(labelTable) as [LabelName, Label][]) {
    if ('values' in label) closed.set(name, new Set(label.values))
    else open.set(name, { form: label.form, most: label.most, known: new Set() })
  }
  return (name, value) => {
    if (closed.get(name)?.has(value)) return value
    const label = open.get(name)
    if (label?.known.has(value)) return value
    if (label === undefined || label.known.size >= label.most || !label.form.test(value)) return 'other'
    label.known.add(value)
    return value
  }
}
