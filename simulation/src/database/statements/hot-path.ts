import type { AttemptState } from '@fincore/payment-service/payments/attempt-states'
import type { CardShown, PspName } from '@fincore/payment-service/psp-gateway/port'
import type { ChargeRow } from '@fincore/payment-service/store/charges'
import { type ChargeOutcome, createHotPath, type Intent } from '@fincore/payment-service/store/hot-path'
import { lesson } from '../learn.ts'
import { type Slot, visibleTo, type Waits } from '../slot.ts'
import { insert, updateSeen } from '../table.ts'
import type { EventRecord } from '../tables/events.ts'
import type { AttemptRecord, ChargeRecord, IdempotencyKeyRecord } from '../tables/payments.ts'
import type { Transaction } from '../transaction.ts'
import { newAttempt } from './attempts.ts'
import { type AuditInput, insertAudits } from './audit.ts'
import { anyCharge } from './charges.ts'
import { deliverEvents } from './events.ts'
import { newKey } from './idempotency.ts'

/** An item of the JSON array that the intents' statements take. */
type IntentInput = {
  merchant_id: string
  id: string
  flow: ChargeRow['flow']
  amount: string
  currency: string
  capture_method: ChargeRow['capture_method']
  psp_account_id: string
  psp: PspName
  routing: ChargeRow['routing']
  card: CardShown | null
  merchant_reference: string | null
  description: string | null
  metadata: Record<string, string>
  return_url: string | null
  return_digest: string | null
  created_at: string
  attempt_id: string
  idempotency_key: string
  fingerprint: string
  lease_until: string
}

type OutcomeInput = {
  merchant_id: string
  id: string
  psp_account_id: string
  status: ChargeRow['status']
  captured: string
  psp_reference: string | null
  network_transaction_id: string | null
  card: CardShown | null
  action_url: string | null
  failure: ChargeRow['failure']
  cancellation_reason: ChargeRow['cancellation_reason']
  sequence: number
  expected_sequence: number
  updated_at: string
  attempt_id: string
  attempt_state: AttemptState
  next_lookup_at: string | null
  expected_by: string | null
  event_id: string | null
  event_type: EventRecord['type']
  event_body: string
  idempotency_key: string
  response_status: number
  response_body: string | null
}

/** A text of bytea, `\x` and hexadecimal digits. */
const readBytea = (text: string) => Buffer.from(text.slice(2), 'hex')

const intent: Intent = {
  charge: { ...anyCharge, amount: 1n },
  returnDigest: null,
  attemptId: '',
  idempotencyKey: '',
  fingerprint: Buffer.alloc(0),
  leaseUntil: new Date(0),
}
const outcome: ChargeOutcome = {
  charge: { ...anyCharge, captured: 0n },
  attemptId: '',
  attemptState: 'unknown',
  nextLookUpAt: null,
  expectedBy: null,
  event: null,
  idempotencyKey: '',
  responseStatus: 201,
  responseBody: null,
}

export const hotPathLessons = [
  lesson(
    'recordIntents',
    (db) => createHotPath(db).intents.submit(intent),
    function* (tx, [json]: [string]) {
      const claimed = yield* claimIntents(tx, JSON.parse(json) as IntentInput[])
      yield* makeCharges(tx, claimed)
      return claimed.map(({ merchant_id, id }) => ({ merchant_id, id }))
    },
  ),
  lesson(
    'recordAuditedIntents',
    (db) =>
      createHotPath(db).auditedIntents.submit({
        ...intent,
        audit: { actorType: 'merchant', actor: '', type: 'raw_card.charge', outcome: 'success', origin: '' },
      }),
    function* (tx, [json]: [string]) {
      const claimed = yield* claimIntents(tx, JSON.parse(json) as (IntentInput & AuditInput)[])
      // PostgreSQL runs the parts of a statement that nobody reads from at its end, the last one first.
      yield* insertAudits(tx, claimed)
      yield* makeCharges(tx, claimed)
      return claimed.map(({ merchant_id, id }) => ({ merchant_id, id }))
    },
  ),
  lesson('recordOutcomes', (db) => createHotPath(db).outcomes.submit(outcome), recordOutcomes),
]

/** Claims the keys that are free, in their order. */
function* claimIntents<Input extends IntentInput>(tx: Transaction, inputs: Input[]): Waits<Input[]> {
  const { idempotency_keys } = tx.tables
  const claimed: Input[] = []
  for (const input of inputs.length > 1 ? inputs.toSorted(compareIntents) : inputs) {
    const row = newKey(tx, {
      merchant_id: input.merchant_id,
      key: input.idempotency_key,
      fingerprint: readBytea(input.fingerprint),
      object_id: input.id,
      locked_until: new Date(input.lease_until),
    })
    if (yield* insert(tx, idempotency_keys, row, 'do nothing')) claimed.push(input)
  }
  return claimed
}

function* makeCharges(tx: Transaction, claimed: readonly IntentInput[]): Waits<void> {
  const { charges, attempts } = tx.tables
  for (const input of claimed) yield* insert(tx, attempts, newAuthorizeAttempt(input))
  for (const input of claimed) yield* insert(tx, charges, newCharge(input))
}

function newAuthorizeAttempt(input: IntentInput): AttemptRecord {
  return newAttempt({
    merchant_id: input.merchant_id,
    id: input.attempt_id,
    kind: 'authorize',
    psp_account_id: input.psp_account_id,
    charge_id: input.id,
    amount: BigInt(input.amount),
    next_lookup_at: new Date(input.lease_until),
    sent_at: new Date(input.created_at),
  })
}

function compareIntents(a: IntentInput, b: IntentInput): number {
  return (
    compareTexts(a.merchant_id, b.merchant_id) ||
    compareTexts(a.idempotency_key, b.idempotency_key) ||
    compareTexts(a.id, b.id)
  )
}
const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function newCharge(input: IntentInput): ChargeRecord {
  const created_at = new Date(input.created_at)
  return {
    merchant_id: input.merchant_id,
    id: input.id,
    status: 'processing',
    flow: input.flow,
    amount: BigInt(input.amount),
    currency: input.currency,
    capture_method: input.capture_method,
    captured: 0n,
    refunded: 0n,
    refunds_pending: 0n,
    pending_operation: null,
    pending_amount: null,
    psp_account_id: input.psp_account_id,
    psp: input.psp,
    routing: input.routing,
    psp_reference: null,
    network_transaction_id: null,
    payment_session_id: null,
    card: input.card,
    merchant_reference: input.merchant_reference,
    description: input.description,
    metadata: input.metadata,
    return_url: input.return_url,
    action_url: null,
    failure: null,
    cancellation_reason: null,
    flags: [],
    sequence: 0,
    created_at,
    updated_at: created_at,
    return_digest: input.return_digest === null ? null : readBytea(input.return_digest),
  }
}

type Found = {
  input: OutcomeInput
  charge: { slot: Slot<ChargeRecord>; seen: ChargeRecord }
  key: { slot: Slot<IdempotencyKeyRecord>; seen: IdempotencyKeyRecord } | null
}

function* recordOutcomes(tx: Transaction, [json]: [string]): Waits<object[]> {
  const { attempts, events } = tx.tables
  const changed: (Found & { updatedAt: Date })[] = []
  for (const found of findOutcomes(tx, JSON.parse(json))) {
    const { input, charge } = found
    const updatedAt = new Date(input.updated_at)
    const change = (row: ChargeRecord) => applyOutcome(row, input, updatedAt)
    const matches = (row: ChargeRecord) => isAsLeft(row, input)
    if ((yield* updateSeen(tx, charge.slot, charge.seen, change, matches)) !== null)
      changed.push({ ...found, updatedAt })
  }
  // The parts that nobody reads from come at the end, the last one first.
  for (const { input, key } of changed) {
    const answer = { response_status: input.response_status, response_body: input.response_body }
    if (key !== null) yield* updateSeen(tx, key.slot, key.seen, (row) => ({ ...row, ...answer }))
  }
  const told: EventRecord[] = []
  for (const { input } of changed) {
    const { merchant_id, event_id: id, event_type: type, id: object_id, sequence, event_body: body } = input
    if (id === null) continue
    const event = { merchant_id, id, type, object_id, sequence, body, created_at: tx.now }
    yield* insert(tx, events, event)
    told.push(event)
  }
  for (const { input, updatedAt } of changed) {
    const slot = attempts.find(`${input.merchant_id} ${input.attempt_id}`)
    const next_lookup_at = input.next_lookup_at === null ? null : new Date(input.next_lookup_at)
    const seen = slot === undefined ? null : visibleTo(tx, slot)
    if (slot === undefined || seen === null) continue
    yield* updateSeen(tx, slot, seen, (row) => ({
      ...row,
      state: input.attempt_state,
      psp_reference: input.psp_reference,
      next_lookup_at,
      expected_by: row.expected_by ?? (input.expected_by === null ? null : new Date(input.expected_by)),
      settled_at: next_lookup_at === null ? updatedAt : null,
    }))
  }
  yield* deliverEvents(tx, told)
  return changed.map(({ input: { merchant_id, id } }) => ({ merchant_id, id }))
}

/** What the statement sees when it begins: the charges that are as they were left, whose attempts are not settled yet. */
function findOutcomes(tx: Transaction, inputs: OutcomeInput[]): Found[] {
  const { charges, attempts, idempotency_keys } = tx.tables
  const found: Found[] = []
  for (const input of inputs) {
    const slot = charges.find(`${input.merchant_id} ${input.id}`)
    const seen = slot === undefined ? null : visibleTo(tx, slot)
    const attempt = attempts.find(`${input.merchant_id} ${input.attempt_id}`)
    const isUnsettled = attempt !== undefined && (visibleTo(tx, attempt)?.next_lookup_at ?? null) !== null
    if (slot === undefined || seen === null || !isUnsettled || !isAsLeft(seen, input)) continue
    // A statement changes a row once, whatever else would change it again.
    if (found.some((other) => other.charge.slot === slot)) continue
    const key = idempotency_keys.find(`${input.merchant_id} ${input.idempotency_key}`)
    const seenKey = key === undefined ? null : visibleTo(tx, key)
    found.push({
      input,
      charge: { slot, seen },
      key: key === undefined || seenKey === null ? null : { slot: key, seen: seenKey },
    })
  }
  return found
}

const isAsLeft = (row: ChargeRecord, input: OutcomeInput) =>
  row.sequence === input.expected_sequence && row.status === 'processing' && row.psp_account_id === input.psp_account_id

function applyOutcome(row: ChargeRecord, input: OutcomeInput, updated_at: Date): ChargeRecord {
  return {
    ...row,
    status: input.status,
    captured: BigInt(input.captured),
    psp_reference: input.psp_reference,
    network_transaction_id: input.network_transaction_id,
    card: input.card,
    action_url: input.action_url,
    failure: input.failure,
    cancellation_reason: input.cancellation_reason,
    sequence: input.sequence,
    updated_at,
  }
}
