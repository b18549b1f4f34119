import type { AttemptRow } from '@fincore/payment-service/store/attempts'
import type { ChargeRow } from '@fincore/payment-service/store/charges'
import type { DisputeRow } from '@fincore/payment-service/store/disputes'
import type { LookUp } from '@fincore/payment-service/store/look-ups'
import type { RefundRow } from '@fincore/payment-service/store/refunds'
import type { SessionRow } from '@fincore/payment-service/store/sessions'
import { makeDueQueue } from '../due-queue.ts'
import { makeMultiIndex, makeUniqueIndex } from '../index.ts'
import { makeTable, type TableRules } from '../table.ts'
import { byId, check, inOrder, isCurrencyCode, oneOf, toLockable, toMerchant, toPspAccount } from './rules.ts'

export type SessionRecord = SessionRow & { link_digest: Buffer; next_expiry_try_at: Date }

const sessionRules: TableRules<SessionRecord> = {
  name: 'payment_sessions',
  primaryKey: byId,
  nullable: [
    'routing',
    'psp_reference',
    'psp_url',
    'merchant_reference',
    'description',
    'locale',
    'customer_email',
    'link_used_at',
    'browser_digest',
    'opened_from',
    'charge_id',
  ],
  checks: inOrder([
    oneOf('payment_sessions', 'status', ['open', 'completed', 'expired', 'canceled']),
    check('payment_sessions_amount_check', (row) => row.amount > 0n),
    check('payment_sessions_currency_check', (row) => isCurrencyCode(row.currency)),
    oneOf('payment_sessions', 'capture_method', ['automatic', 'manual']),
    oneOf('payment_sessions', 'late_payments', ['refund', 'keep']),
    check('payment_sessions_link_digest_check', (row) => row.link_digest.length === 32),
    check(
      'payment_sessions_opened_from_check',
      (row) => row.opened_from === null || (row.opened_from.length >= 1 && row.opened_from.length <= 100),
    ),
    check('payment_sessions_check', (row) => (row.link_used_at === null) === (row.browser_digest === null)),
    check('payment_sessions_check1', (row) => (row.status === 'completed') === (row.charge_id !== null)),
  ]),
  references: [toMerchant('payment_sessions'), toPspAccount('payment_sessions')],
}

export function makeSessions() {
  const byLink = makeUniqueIndex<SessionRecord>('payment_sessions_by_link', (row) => row.link_digest.toString('latin1'))
  const toExpire = makeDueQueue<SessionRecord>((row) =>
    row.status === 'open' ? row.next_expiry_try_at.getTime() : null,
  )
  const byItsId = makeMultiIndex<SessionRecord>((row) => row.id)
  return { ...makeTable(sessionRules, { unique: [byLink], others: [byItsId, toExpire] }), byItsId, byLink, toExpire }
}

export type ChargeRecord = ChargeRow & { return_digest: Buffer | null }

const chargeRules: TableRules<ChargeRecord> = {
  name: 'charges',
  primaryKey: byId,
  nullable: [
    'routing',
    'pending_operation',
    'pending_amount',
    'psp_reference',
    'network_transaction_id',
    'payment_session_id',
    'card',
    'merchant_reference',
    'description',
    'return_url',
    'return_digest',
    'action_url',
    'failure',
    'cancellation_reason',
  ],
  checks: inOrder([
    oneOf('charges', 'status', ['processing', 'requires_action', 'authorized', 'captured', 'failed', 'canceled']),
    oneOf('charges', 'flow', ['hosted', 'token', 'raw_card']),
    check('charges_amount_check', (row) => row.amount > 0n),
    check('charges_currency_check', (row) => isCurrencyCode(row.currency)),
    oneOf('charges', 'capture_method', ['automatic', 'manual']),
    oneOf('charges', 'pending_operation', ['capture', 'cancel']),
    oneOf('charges', 'cancellation_reason', ['requested', 'abandoned', 'authorization_expired']),
    check(
      'charges_conservation',
      ({ refunded, refunds_pending: pending, captured, amount }) =>
        refunded >= 0n && pending >= 0n && refunded + pending <= captured && captured <= amount,
    ),
    check('charges_captured_has_money', (row) => (row.status === 'captured') === row.captured > 0n),
    check('charges_pending_is_whole', (row) => (row.pending_operation === null) === (row.pending_amount === null)),
    check('charges_pending_fits', (row) => row.pending_operation === null || fitsPending(row)),
    check('charges_failure_says_why', (row) => (row.status === 'failed') === (row.failure !== null)),
    check(
      'charges_network_transaction_id_check',
      ({ network_transaction_id: id }) => id === null || /^[A-Za-z0-9_-]{9,36}$/.test(id),
    ),
    check('charges_action_has_address', (row) => row.status !== 'requires_action' || row.action_url !== null),
  ]),
  references: [toMerchant('charges'), toPspAccount('charges')],
}

/** An unknown amount is not refused here: in SQL a check that comes to null holds. */
function fitsPending({ status, pending_amount: pending, amount }: ChargeRecord): boolean {
  return status === 'authorized' && (pending === null || (pending >= 1n && pending <= amount))
}

export function makeCharges() {
  const byPspReference = makeUniqueIndex<ChargeRecord>('charges_by_psp_reference', (row) =>
    row.psp_reference === null ? null : `${row.psp_account_id} ${row.psp_reference}`,
  )
  const byReturn = makeUniqueIndex<ChargeRecord>(
    'charges_by_return',
    (row) => row.return_digest?.toString('latin1') ?? null,
  )
  const byItsId = makeMultiIndex<ChargeRecord>((row) => row.id)
  const bySession = makeMultiIndex<ChargeRecord>((row) => row.payment_session_id)
  const table = makeTable(chargeRules, { unique: [byPspReference, byReturn], others: [byItsId, bySession] })
  return { ...table, byItsId, byPspReference, byReturn, bySession }
}

const refundRules: TableRules<RefundRow> = {
  name: 'refunds',
  primaryKey: byId,
  nullable: ['reason', 'failure', 'psp_reference'],
  checks: inOrder([
    oneOf('refunds', 'status', ['pending', 'succeeded', 'failed']),
    check('refunds_amount_check', (row) => row.amount > 0n),
    check('refunds_failure_says_why', (row) => (row.status === 'failed') === (row.failure !== null)),
  ]),
  references: [
    toMerchant('refunds'),
    toLockable('refunds', 'charge_id', (tables, row) => tables.charges.find(`${row.merchant_id} ${row.charge_id}`)),
  ],
}

export function makeRefunds() {
  const byCharge = makeMultiIndex<RefundRow>((row) => row.charge_id)
  return { ...makeTable(refundRules, { others: [byCharge] }), byCharge }
}

const disputeRules: TableRules<DisputeRow> = {
  name: 'disputes',
  primaryKey: byId,
  nullable: ['reason', 'evidence_due_by'],
  checks: inOrder([
    oneOf('disputes', 'status', ['inquiry', 'opened', 'won', 'lost']),
    check('disputes_psp_dispute_id_check', ({ psp_dispute_id: id }) => id.length >= 1 && [...id].length <= 255),
    check('disputes_amount_check', (row) => row.amount >= 0n),
    check('disputes_currency_check', (row) => isCurrencyCode(row.currency)),
    check('disputes_reason_check', ({ reason }) => reason === null || [...reason].length <= 255),
  ]),
  references: [
    toMerchant('disputes'),
    toLockable('disputes', 'charge_id', (tables, row) => tables.charges.find(`${row.merchant_id} ${row.charge_id}`)),
    toPspAccount('disputes'),
  ],
}

export function makeDisputes() {
  const byPspDispute = makeUniqueIndex<DisputeRow>(
    'disputes_by_psp_dispute',
    (row) => `${row.psp_account_id} ${row.psp_dispute_id}`,
  )
  return { ...makeTable(disputeRules, { unique: [byPspDispute] }), byPspDispute }
}

export type AttemptRecord = AttemptRow & {
  alerted_at: Date | null
  settled_at: Date | null
  look_up_log: LookUp[] | null
}

const attemptRules: TableRules<AttemptRecord> = {
  name: 'attempts',
  primaryKey: byId,
  nullable: [
    'charge_id',
    'refund_id',
    'payment_session_id',
    'amount',
    'psp_reference',
    'next_lookup_at',
    'alerted_at',
    'settled_at',
    'in_doubt_since',
    'look_up_log',
    'look_up_asked_by',
    'expected_by',
  ],
  checks: inOrder([
    oneOf('attempts', 'kind', ['authorize', 'capture', 'cancel', 'refund', 'create_session', 'expire_session']),
    oneOf('attempts', 'state', ['sent', 'approved', 'declined', 'action_required', 'rejected', 'unknown']),
    oneOf('attempts', 'origin', ['merchant', 'give_back']),
    check('attempts_look_up_log_check', ({ look_up_log: log }) => log === null || log.length <= 20),
    check('attempts_has_one_object', hasOneObject),
    check(
      'attempts_unsettled_is_looked_up',
      ({ state, next_lookup_at: next }) =>
        (state === 'sent' || state === 'unknown' || state === 'action_required') === (next !== null),
    ),
  ]),
  references: [toMerchant('attempts'), toPspAccount('attempts')],
}

function hasOneObject({ kind, charge_id: charge, refund_id: refund, payment_session_id: session }: AttemptRecord) {
  switch (kind) {
    case 'authorize':
    case 'capture':
    case 'cancel':
      return charge !== null && refund === null && session === null
    case 'refund':
      return charge !== null && refund !== null && session === null
    default:
      return session !== null && charge === null && refund === null
  }
}

export function makeAttempts() {
  const byItsId = makeMultiIndex<AttemptRecord>((row) => row.id)
  const byCharge = makeMultiIndex<AttemptRecord>((row) => row.charge_id)
  const bySession = makeMultiIndex<AttemptRecord>((row) => row.payment_session_id)
  const toLookUp = makeDueQueue<AttemptRecord>((row) => row.next_lookup_at?.getTime() ?? null)
  const toAlert = makeDueQueue<AttemptRecord>((row) =>
    row.alerted_at === null && row.next_lookup_at !== null && row.state !== 'action_required'
      ? (row.in_doubt_since?.getTime() ?? null)
      : null,
  )
  /** Of captures, cancels and refunds; what the PSP calls an authorization stands at its charge. */
  const byOperationReference = makeMultiIndex<AttemptRecord>((row) =>
    row.kind === 'capture' || row.kind === 'cancel' || row.kind === 'refund' ? row.psp_reference : null,
  )
  const others = [byItsId, byCharge, bySession, byOperationReference, toLookUp, toAlert]
  const table = makeTable(attemptRules, { others })
  return { ...table, byItsId, byCharge, bySession, byOperationReference, toLookUp, toAlert }
}

export type IdempotencyKeyRecord = {
  merchant_id: string
  key: string
  fingerprint: Buffer
  object_id: string
  locked_until: Date
  response_status: number | null
  /** The exact text of the JSON. */
  response_body: string | null
  created_at: Date
}

const idempotencyKeyRules: TableRules<IdempotencyKeyRecord> = {
  name: 'idempotency_keys',
  primaryKey: (row) => `${row.merchant_id} ${row.key}`,
  nullable: ['response_status', 'response_body'],
  checks: inOrder([
    check('idempotency_keys_key_check', ({ key }) => key.length >= 1 && (key.length <= 255 || [...key].length <= 255)),
    check('idempotency_keys_fingerprint_check', (row) => row.fingerprint.length === 32),
  ]),
  references: [toMerchant('idempotency_keys')],
}

export function makeIdempotencyKeys() {
  const byObject = makeMultiIndex<IdempotencyKeyRecord>((row) => row.object_id)
  const toForget = makeDueQueue<IdempotencyKeyRecord>((row) => row.created_at.getTime())
  return { ...makeTable(idempotencyKeyRules, { others: [byObject, toForget] }), byObject, toForget }
}
