export type AuditActorType = 'operator' | 'merchant' | 'system' | 'anonymous'
export type AuditOutcome = 'success' | 'refused'

type AuditRow = {
  meaning: string
  /** The requirement of PCI DSS 4.0.1 that asks for it. */
  requirement: string
  /** Who may cause it. The `actor` of an operator is the name, of a merchant the API key's id, of the system the job. */
  actors: readonly AuditActorType[]
  outcomes: readonly AuditOutcome[]
  /** What `resource` names; where an action was refused before it named one, the route. */
  resource: string
  /** The fields that `details` may have, and what they say. A refused one may also have `code` and `param`. */
  details?: Readonly<Record<string, string>>
  /** Outsiders can repeat it at will: repeats within ten seconds are one record with their `count`. */
  counted?: true
}

const byOperator = { actors: ['operator'], outcomes: ['success', 'refused'] } as const
const byMerchant = { actors: ['merchant'], outcomes: ['success'] } as const
const bySystem = { actors: ['system'], outcomes: ['success'] } as const
const difference = {
  class: 'what differs',
  psp_account: 'the PSP account',
  charge: 'the charge, when there is one',
  run: 'the run that found it',
} as const
const reason = { reason: 'the operator’s own words', was: 'the state before' } as const

const routing = {
  priority: '1 is tried first',
  share: 'among those of equal priority',
  currencies: 'separated by spaces, or `all`',
  card_brands: 'likewise',
} as const

const settlement = {
  outcome: '`approved`, `declined` or `not_executed`',
  captured: 'in the minor unit',
  psp_reference: 'the PSP’s reference',
  proof: 'the PSP’s support case or statement',
  reason: 'the operator’s own words',
  requested_by: 'who asked',
  approved_by: 'who approved',
} as const

/**
 * Everything that is audited. The compiler refuses a record of a type, an actor, an outcome or a detail that does not
 * stand here, recordAudit looks once more, `docs/audit.md` is made from it, and a test causes each row through its door.
 */
export const auditTypes = {
  'merchant.create': { ...byOperator, meaning: 'A merchant is made.', requirement: '10.2.1.2', resource: 'merchant' },
  'api_key.create': {
    ...byOperator,
    meaning: 'A merchant gets a key.',
    requirement: '10.2.1.5',
    resource: 'key',
    details: { kind: '`secret` or `publishable`', scopes: 'what it may do, separated by spaces' },
  },
  'api_key.roll': {
    ...byOperator,
    meaning: 'A key gets a successor with the same rights, and ends by itself after an overlap.',
    requirement: '10.2.1.5',
    resource: 'key',
    details: { successor: 'the new key', ends_at: 'when the old one ends' },
  },
  'api_key.revoke': { ...byOperator, meaning: 'A key ends.', requirement: '10.2.1.5', resource: 'key' },
  'api_key.refuse': {
    actors: ['merchant', 'anonymous'],
    outcomes: ['refused'],
    meaning: 'Somebody called the API with a key that is none any more, or that may not do this.',
    requirement: '10.2.1.4',
    resource: 'route',
    details: { request: 'the request' },
    counted: true,
  },
  'psp_account.create': {
    ...byOperator,
    meaning: 'A merchant gets an account at a PSP, with its credentials.',
    requirement: '10.2.1.5',
    resource: 'PSP account',
    details: { psp: 'the PSP', findings: 'how many warnings its settings gave', ...routing },
  },
  'psp_account.change': {
    ...byOperator,
    meaning: 'It is set which payments a PSP account takes, or how it is called.',
    requirement: '10.2.1.2',
    resource: 'PSP account',
    details: routing,
  },
  'psp_account.set_credentials': {
    ...byOperator,
    meaning: 'Credentials or settings of a PSP account are replaced, as when a key is rolled. No value is recorded.',
    requirement: '10.2.1.5',
    resource: 'PSP account',
    details: {
      set: 'the names of the settings that were given, separated by spaces',
      removed: 'the names of those that were taken away, likewise',
      findings: 'how many warnings the settings give now',
    },
  },
  'psp_account.confirm_raw_cards': {
    ...byOperator,
    meaning: 'An operator confirms that the PSP takes card numbers at this account.',
    requirement: '10.2.1.5',
    resource: 'PSP account',
    details: { reference: 'where the PSP says so' },
  },
  'psp_account.withdraw_raw_cards': {
    ...byOperator,
    meaning: 'The PSP takes card numbers at this account no more, or never did.',
    requirement: '10.2.1.5',
    resource: 'PSP account',
  },
  'psp_account.enable': {
    ...byOperator,
    meaning: 'A PSP account is taken into use again.',
    requirement: '10.2.1.2',
    resource: 'PSP account',
  },
  'psp_account.disable': {
    ...byOperator,
    meaning: 'A PSP account is taken out of use.',
    requirement: '10.2.1.2',
    resource: 'PSP account',
  },
  'psp_account.check': {
    actors: ['operator', 'system'],
    outcomes: ['success', 'refused'],
    meaning:
      'A PSP is asked, with an account’s credentials, how the account is set up; by an operator or, as a login of the database, on the command line.',
    requirement: '10.2.1.2',
    resource: 'PSP account',
  },
  'raw_card_grant.request': {
    ...byOperator,
    meaning: 'An operator asks that a merchant may send raw cards.',
    requirement: '10.2.1.5',
    resource: 'grant',
    details: { evidence_sha256: 'of the evidence document', valid_until: 'its last day' },
  },
  'raw_card_grant.approve': {
    ...byOperator,
    meaning: 'Another operator approves it; refused with `two_operators_required` when it is the same one.',
    requirement: '10.2.1.5',
    resource: 'grant',
    details: { ...reason, replaced: 'the grant that it took over from' },
  },
  'raw_card_grant.replace': {
    actors: ['operator'],
    outcomes: ['success'],
    meaning: 'The grant in force is revoked, because the next one was approved.',
    requirement: '10.2.1.5',
    resource: 'grant',
    details: { replaced_by: 'the grant that took over' },
  },
  'raw_card_grant.suspend': {
    ...byOperator,
    meaning: 'A grant is suspended.',
    requirement: '10.2.1.5',
    resource: 'grant',
    details: reason,
  },
  'raw_card_grant.resume': {
    ...byOperator,
    meaning: 'A suspended grant holds again.',
    requirement: '10.2.1.5',
    resource: 'grant',
    details: reason,
  },
  'raw_card_grant.revoke': {
    ...byOperator,
    meaning: 'A grant ends for good.',
    requirement: '10.2.1.5',
    resource: 'grant',
    details: reason,
  },
  'raw_card_grant.expire': {
    ...bySystem,
    meaning: 'A grant’s last day has passed.',
    requirement: '10.2.1.5',
    resource: 'grant',
    details: { valid_until: 'its last day' },
  },
  'raw_card_grant.lapse_warning': {
    ...bySystem,
    meaning: 'A grant will lapse: 60, 30 and 7 days before.',
    requirement: '10.2.1.5',
    resource: 'grant',
    details: { valid_until: 'its last day', days_left: 'days until then' },
  },
  'raw_card.charge': {
    actors: ['merchant'],
    outcomes: ['success', 'refused'],
    meaning: 'A merchant’s card came through the card relay and was taken; one record for each.',
    requirement: '10.2.1.1',
    resource: 'charge, or the route when there is none',
    details: {
      grant: 'the grant that admitted it',
      certificate: 'SHA-256 of the client certificate',
      request: 'the relay’s request',
      repeat: 'true for an answer that was given before',
    },
  },
  'raw_card.admission': {
    actors: ['merchant', 'anonymous'],
    outcomes: ['refused'],
    meaning: 'Somebody was turned away at the card relay before a byte of the body was read.',
    requirement: '10.2.1.4',
    resource: 'grant',
    details: { certificate: 'SHA-256 of the client certificate' },
    counted: true,
  },
  'card_data.send': {
    actors: ['operator', 'merchant', 'anonymous'],
    outcomes: ['refused'],
    meaning:
      'Card data came to the wrong door, or in the wrong field. `param` names the field; the data is kept nowhere.',
    requirement: '10.2.1.4',
    resource: 'route',
    details: { request: 'the request' },
    counted: true,
  },
  'tripwire_exemption.set': {
    ...byOperator,
    meaning: 'The tripwire for card numbers leaves a key of a merchant’s metadata alone from now on.',
    requirement: '10.2.1.2',
    resource: 'key of metadata',
    details: { reason: 'the operator’s own words' },
  },
  'tripwire_exemption.delete': {
    ...byOperator,
    meaning: 'The tripwire watches a key of a merchant’s metadata again.',
    requirement: '10.2.1.2',
    resource: 'key of metadata',
  },
  'card_testing.block': {
    ...bySystem,
    meaning: 'Card testing is suspected, and what explains it is not tried for a while.',
    requirement: '10.2.1.4',
    resource: 'block',
    details: {
      rule: 'the rule whose limit was reached',
      value: 'what is blocked; of an address its network and a keyed digest',
      until: 'how long',
      declined: 'how many tries were declined',
      approved: 'how many payments were approved meanwhile',
    },
  },
  'card_testing.lift': {
    actors: ['operator', 'system'],
    outcomes: ['success', 'refused'],
    meaning: 'A block is lifted before its time: by an operator, or when single tries in a flow were approved.',
    requirement: '10.2.1.2',
    resource: 'block',
    details: {
      reason: 'the operator’s own words, or what single tries said',
      rule: 'the rule that had begun it',
      value: 'what was blocked',
    },
  },
  'card_testing.set': {
    ...byOperator,
    meaning: 'It is set how a merchant is protected from card testing.',
    requirement: '10.2.1.2',
    resource: 'settings',
    details: {
      changed: 'the rules that are not as in the table, separated by spaces',
      off: 'those of them that are off, likewise',
      allowed_addresses: 'how many addresses and networks no rule looks at',
    },
  },
  'psp_event.replay': {
    ...byOperator,
    meaning: 'A held or flagged event of a PSP is applied again.',
    requirement: '10.2.1.2',
    resource: 'PSP account and event',
    details: { was: 'the state before' },
  },
  'psp_webhook.refused': {
    actors: ['anonymous'],
    outcomes: ['refused'],
    meaning: 'A PSP’s webhook was not accepted.',
    requirement: '10.2.1.4',
    resource: 'PSP account',
    details: { why: 'what was wrong with it', request: 'the request' },
    counted: true,
  },
  'psp_webhook.mask_card_data': {
    ...bySystem,
    meaning: 'A PSP’s webhook held a card number. The event was kept without it.',
    requirement: '10.2.1',
    resource: 'PSP account',
    details: { request: 'the request' },
    counted: true,
  },
  'psp.contradiction': {
    actors: ['system'],
    outcomes: ['refused'],
    meaning: 'A PSP contradicts a final state; it is not believed, and the charge is flagged.',
    requirement: '10.2.1',
    resource: 'charge',
    details: { attempt: 'the attempt', why: 'what does not fit' },
  },
  'attempt.unresolved': {
    ...bySystem,
    meaning: 'A call to a PSP has had no outcome for 15 minutes.',
    requirement: '10.2.1',
    resource: 'attempt',
    details: { lookups: 'how often the PSP was asked' },
  },
  'attempt.look_up': {
    ...byOperator,
    meaning: 'An operator has the PSP asked at once what became of a call to it.',
    requirement: '10.2.1.2',
    resource: 'attempt',
  },
  'attempt_settlement.request': {
    ...byOperator,
    meaning: 'An operator asks that a call to a PSP gets its outcome by hand, because the PSP gives none.',
    requirement: '10.2.1.2',
    resource: 'attempt',
    details: { settlement: 'the settlement', ...settlement },
  },
  'attempt_settlement.approve': {
    ...byOperator,
    meaning: 'Another operator approves it; refused with `two_operators_required` when it is the same one.',
    requirement: '10.2.1.2',
    resource: 'settlement',
    details: { ...reason, attempt: 'the attempt' },
  },
  'attempt_settlement.withdraw': {
    ...byOperator,
    meaning: 'An operator takes it back before it is applied.',
    requirement: '10.2.1.2',
    resource: 'settlement',
    details: { ...reason, attempt: 'the attempt' },
  },
  'attempt_settlement.apply': {
    actors: ['system'],
    outcomes: ['success', 'refused'],
    meaning:
      'An outcome is settled by hand; refused when the PSP, asked once more, gave one of its own, or when it was not possible any more.',
    requirement: '10.2.1',
    resource: 'attempt',
    details: { settlement: 'the settlement', ...settlement, state: 'what became of it', note: 'why it was refused' },
  },
  'reconciliation.difference': {
    ...bySystem,
    meaning: 'FinCore’s books and a PSP’s differ, and an operator must look.',
    requirement: '10.2.1',
    resource: 'finding',
    details: difference,
  },
  'reconciliation.repair': {
    ...bySystem,
    meaning: 'A difference is gone: what FinCore had missed was applied, or a later comparison did not find it again.',
    requirement: '10.2.1',
    resource: 'finding',
    details: difference,
  },
  'reconciliation.run': {
    ...bySystem,
    meaning:
      'Somebody compares an account with its PSP on the command line, as a login of the database, and has it repaired.',
    requirement: '10.2.1.2',
    resource: 'PSP account',
    details: { from: 'the first moment', to: 'the end', books: '`list` or `settlement_file`', run: 'the run' },
  },
  'reconciliation_finding.accept': {
    ...byOperator,
    meaning: 'An operator accepts a difference that was settled outside FinCore.',
    requirement: '10.2.1.2',
    resource: 'finding',
    details: { class: 'what differs', reason: 'the operator’s own words' },
  },
  'webhook_endpoint.create': {
    actors: ['operator', 'merchant'],
    outcomes: ['success', 'refused'],
    meaning: 'A merchant’s events are sent to an address from now on.',
    requirement: '10.2.1.2',
    resource: 'webhook endpoint',
    details: { host: 'host of the address' },
  },
  'webhook_endpoint.update': {
    ...byMerchant,
    meaning: 'A merchant changes an endpoint.',
    requirement: '10.2.1.2',
    resource: 'webhook endpoint',
    details: { changed: 'the fields that were given, separated by spaces', host: 'host of the address' },
  },
  'webhook_endpoint.delete': {
    ...byMerchant,
    meaning: 'A merchant removes an endpoint.',
    requirement: '10.2.1.2',
    resource: 'webhook endpoint',
  },
  'webhook_endpoint.rotate_secret': {
    ...byMerchant,
    meaning: 'A merchant gives an endpoint a new secret.',
    requirement: '10.2.1.5',
    resource: 'webhook endpoint',
    details: { overlap_seconds: 'how long the old secret signs as well' },
  },
  'webhook_endpoint.disable': {
    ...bySystem,
    meaning: 'FinCore disables an endpoint, because every try of five days failed, or it answered 410.',
    requirement: '10.2.1.2',
    resource: 'webhook endpoint',
    details: { reason: '`failing` or `gone`', host: 'host of the address' },
  },
  'notice.acknowledge': {
    ...byOperator,
    meaning: 'An operator marks a notice as seen.',
    requirement: '10.2.1.2',
    resource: 'notice',
    details: { kind: 'of the notice', object: 'the endpoint or the grant' },
  },
  'operator.sign_in': {
    actors: ['anonymous'],
    outcomes: ['refused'],
    meaning: 'Somebody called the admin API without an operator’s token.',
    requirement: '10.2.1.4',
    resource: 'route',
    details: { request: 'the request' },
    counted: true,
  },
  'operator.set_token': {
    ...bySystem,
    meaning: 'An operator is new, or has a new token, in the settings.',
    requirement: '10.2.1.5',
    resource: 'operator',
  },
  'operator.request': {
    ...byOperator,
    meaning: 'An operator asks that another may come in, or may have a new token.',
    requirement: '10.2.1.5',
    resource: 'operator',
    details: { token_digest: 'the SHA-256 of the token' },
  },
  'operator.approve': {
    ...byOperator,
    meaning: 'Another operator approves that, and the token is good.',
    requirement: '10.2.1.5',
    resource: 'operator',
    details: { token_digest: 'the SHA-256 of the token', requested_by: 'who asked' },
  },
  'operator.roll_token': {
    ...byOperator,
    meaning: 'An operator replaces the own token.',
    requirement: '10.2.1.5',
    resource: 'operator',
    details: { token_digest: 'the SHA-256 of the new one' },
  },
  'operator.disable': {
    ...byOperator,
    meaning: 'An operator is shut out; what this one had asked for and nobody approved is void.',
    requirement: '10.2.1.5',
    resource: 'operator',
    details: { reason: 'the operator’s own words' },
  },
  'encryption_key.create': {
    ...bySystem,
    meaning: 'A data key is made, or the seed; on the command line, or at a first start with AWS KMS.',
    requirement: '10.2.1.2',
    resource: 'encryption key',
    details: { wrapped_by: 'which key wraps it' },
  },
  'encryption_key.activate': {
    ...bySystem,
    meaning: 'A data key seals from now on; the one before only opens.',
    requirement: '10.2.1.2',
    resource: 'encryption key',
    details: { retired: 'the one before' },
  },
  'encryption_key.reseal': {
    ...bySystem,
    meaning: 'All stored secrets are sealed with a data key; none with another.',
    requirement: '10.2.1.2',
    resource: 'encryption key',
    details: { secrets: 'how many were sealed anew' },
  },
  'encryption_key.rewrap': {
    ...bySystem,
    meaning: 'Another key wraps a data key, or the seed.',
    requirement: '10.2.1.2',
    resource: 'encryption key',
    details: { from: 'the key that wrapped it', to: 'the one that does' },
  },
  'encryption_key.destroy': {
    ...bySystem,
    meaning: 'A data key is destroyed, which nothing is sealed with any more.',
    requirement: '10.2.1.2',
    resource: 'encryption key',
  },
  'audit_log.read': {
    ...byOperator,
    meaning: 'An operator reads the audit log.',
    requirement: '10.2.1.3',
    resource: '`audit_log`',
    details: {
      merchant: 'asked for',
      actor: 'asked for',
      type: 'asked for',
      outcome: 'asked for',
      resource: 'asked for',
      since: 'asked for',
      until: 'asked for',
      returned: 'how many records were shown',
    },
  },
  'audit_log.export': {
    actors: ['operator', 'system'],
    outcomes: ['success', 'refused'],
    meaning:
      'The audit log of some days is exported, by an operator or, as a login of the database, on the command line.',
    requirement: '10.2.1.3',
    resource: '`audit_log`',
    details: { from: 'first day', to: 'the day after the last' },
  },
  'audit_log.start': {
    ...bySystem,
    meaning: 'A process of the payment service starts and begins to audit.',
    requirement: '10.2.1.6',
    resource: '`audit_log`',
    details: { roles: 'the roles of the process' },
  },
  'audit_log.stop': {
    ...bySystem,
    meaning: 'A process of the payment service stops. A process that was killed leaves a start without a stop.',
    requirement: '10.2.1.6',
    resource: '`audit_log`',
    details: { roles: 'the roles of the process' },
  },
  'audit_log.outage': {
    ...bySystem,
    meaning:
      'The audit log took no records, or nobody sealed them, and the raw-card route was closed. Written when it is over.',
    requirement: '10.7.3',
    resource: '`audit_log`',
    details: { from: 'when it was noticed', until: 'when it was over', why: 'the database’s code of the failure' },
  },
  'audit_log.gap': {
    ...bySystem,
    meaning: 'Records of refusals were lost, because the log could not be written for too long.',
    requirement: '10.7.3',
    resource: '`audit_log`',
    details: { lost: 'how many' },
  },
} as const satisfies Record<string, AuditRow>

type Types = typeof auditTypes
export type AuditType = keyof Types
export type ActorTypeOf<T extends AuditType> = Types[T]['actors'][number]
export type OutcomeOf<T extends AuditType> = Types[T]['outcomes'][number]
type OwnDetailOf<T extends AuditType> = Types[T] extends { details: infer Details } ? keyof Details & string : never
/** The names of the details that a type's records may have. */
export type DetailOf<T extends AuditType> = T extends AuditType ? OwnDetailOf<T> | 'code' | 'param' | 'count' : never

export function isAuditType(type: string): type is AuditType {
  return Object.hasOwn(auditTypes, type)
}

/** Why a record is not as its row says; null when it is. */
export function explainMisfit(record: {
  type: string
  actorType: string
  outcome: string
  details?: Readonly<Record<string, unknown>>
}): string | null {
  if (!isAuditType(record.type)) return 'no such type'
  const row: AuditRow = auditTypes[record.type]
  if (!row.actors.some((actor) => actor === record.actorType)) return 'caused by somebody who may not'
  if (!row.outcomes.some((outcome) => outcome === record.outcome)) return 'another outcome than it may have'
  const allowed = new Set(Object.keys(row.details ?? {}))
  if (record.outcome === 'refused') for (const name of ['code', 'param']) allowed.add(name)
  if (row.counted === true) allowed.add('count')
  const unknown = Object.keys(record.details ?? {}).find((name) => !allowed.has(name))
  return unknown === undefined ? null : `a detail that it does not have: ${unknown}`
}
