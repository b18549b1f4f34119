import type { AttemptState } from '../payments/attempt-states.ts'
import { type AuditRecord, auditedFrom, auditInput, toAuditRow } from './audit.ts'
import { type Batcher, createBatcher, type OnBatch } from './batcher.ts'
import type { ChargeRow } from './charges.ts'
import type { NewEvent } from './events.ts'
import type { Pool } from './pool.ts'

/**
 * The two durable writes on the path of a charge. Each is one set-based statement, so that requests which arrive
 * together share a commit. Everything else a charge needs comes from the directory's cache.
 */
export type HotPath = {
  /** Claims the idempotency key and writes charge and attempt. False: the key was taken, and nothing was written. */
  intents: Batcher<Intent, boolean>
  /**
   * The same with the intent's audit record in the same statement: neither is without the other. A statement of its own,
   * so that an audit log which takes no records fails these and no others.
   */
  auditedIntents: Batcher<AuditedIntent, boolean>
  /** Writes what the PSP answered. False: the charge had changed meanwhile (a webhook was faster), nothing was written. */
  outcomes: Batcher<ChargeOutcome, boolean>
}

export type Intent = {
  charge: ChargeRow
  returnDigest: Buffer | null
  attemptId: string
  idempotencyKey: string
  fingerprint: Buffer
  /** Until then a retry of the request is told that the first one still runs, and nobody looks the attempt up. */
  leaseUntil: Date
}

export type AuditedIntent = Intent & { audit: AuditRecord<'raw_card.charge'> }

export type ChargeOutcome = {
  /** The charge as it shall be; its sequence is one more when there is an event. */
  charge: ChargeRow
  attemptId: string
  attemptState: AttemptState
  nextLookUpAt: Date | null
  /** When the PSP will have told its outcome at the latest; null where it says nothing of that. */
  expectedBy: Date | null
  event: NewEvent | null
  idempotencyKey: string
  responseStatus: number
  /** The answer to repeat; null: a repeat gets the charge's current state. */
  responseBody: string | null
}

/**
 * @param watch who is told of each batch.
 * @param onItems is told which items share a statement, before it is sent.
 */
export function createHotPath(
  pool: Pool,
  watch: (batch: keyof HotPath) => OnBatch | undefined = () => undefined,
  onItems: (items: readonly object[]) => void = () => {},
): HotPath {
  const batch = <Item extends object>(name: keyof HotPath, run: (items: Item[]) => Promise<boolean[]>) =>
    createBatcher<Item, boolean>(
      (items) => {
        onItems(items)
        return run(items)
      },
      {},
      watch(name),
    )
  return {
    intents: batch('intents', (items) =>
      recordIntents(pool, 'record-intents', recordIntentsSql, items.map(toIntentRow)),
    ),
    auditedIntents: batch('auditedIntents', (items) =>
      recordIntents(
        pool,
        'record-audited-intents',
        recordAuditedIntentsSql,
        items.map((item) => ({ ...toIntentRow(item), ...toAuditRow(item.audit) })),
      ),
    ),
    outcomes: batch('outcomes', (items) => recordOutcomes(pool, items)),
  }
}

/**
 * The keys are claimed in one order in every process, so that two batches with the same keys cannot wait for each
 * other in a circle. A key that comes twice in one batch is claimed once; the charge's id tells by whom.
 */
async function recordIntents(pool: Pool, name: string, text: string, input: ChargeName[]): Promise<boolean[]> {
  const { rows } = await pool.query<ChargeName>({ name, text, values: [toJson(input)] })
  const claimed = new Set(rows.map(nameOf))
  return input.map((one) => claimed.has(nameOf(one)))
}

/** A charge is named by both: the card relay chooses its requests' ids, so two merchants' charges may share one. */
type ChargeName = { merchant_id: string; id: string }
const nameOf = ({ merchant_id, id }: ChargeName) => `${merchant_id} ${id}`

function toIntentRow({ charge, returnDigest, attemptId, idempotencyKey, fingerprint, leaseUntil }: Intent) {
  return {
    ...charge,
    amount: String(charge.amount),
    return_digest: returnDigest === null ? null : `\\x${returnDigest.toString('hex')}`,
    attempt_id: attemptId,
    idempotency_key: idempotencyKey,
    fingerprint: `\\x${fingerprint.toString('hex')}`,
    lease_until: leaseUntil,
  }
}

const intentParts = (moreInput: string) => `
with input as materialized (
  select * from json_to_recordset($1) as row (
    merchant_id text, id text, flow text, amount bigint, currency text, capture_method text, psp_account_id text, psp text,
    routing jsonb, card jsonb, merchant_reference text, description text, metadata jsonb, return_url text,
    return_digest bytea, created_at timestamptz, attempt_id text, idempotency_key text, fingerprint bytea,
    lease_until timestamptz${moreInput})
), claimed as (
  insert into idempotency_keys (merchant_id, key, fingerprint, object_id, locked_until)
  select merchant_id, idempotency_key, fingerprint, id, lease_until from input order by merchant_id, idempotency_key, id
  on conflict do nothing
  returning merchant_id, object_id as id
), new_charges as (
  insert into charges (merchant_id, id, status, flow, amount, currency, capture_method, psp_account_id, psp, routing,
    card, merchant_reference, description, metadata, return_url, return_digest, created_at, updated_at)
  select merchant_id, id, 'processing', flow, amount, currency, capture_method, psp_account_id, psp, routing,
    card, merchant_reference, description, metadata, return_url, return_digest, created_at, created_at
  from input join claimed using (merchant_id, id)
), new_attempts as (
  insert into attempts (merchant_id, id, kind, state, psp_account_id, charge_id, amount, next_lookup_at, sent_at)
  select merchant_id, attempt_id, 'authorize', 'sent', psp_account_id, input.id, amount, lease_until, created_at
  from input join claimed using (merchant_id, id)
)`
export const recordIntentsSql = `${intentParts('')} select merchant_id, id from claimed`
const recordAuditedIntentsSql = `${intentParts(`, ${auditInput}`)}, ${auditedFrom('input join claimed using (merchant_id, id)')}
select merchant_id, id from claimed`

async function recordOutcomes(pool: Pool, outcomes: ChargeOutcome[]): Promise<boolean[]> {
  const input = outcomes.map(
    ({
      charge,
      attemptId,
      attemptState,
      nextLookUpAt,
      expectedBy,
      event,
      idempotencyKey,
      responseStatus,
      responseBody,
    }) => ({
      merchant_id: charge.merchant_id,
      id: charge.id,
      psp_account_id: charge.psp_account_id,
      status: charge.status,
      captured: String(charge.captured),
      psp_reference: charge.psp_reference,
      network_transaction_id: charge.network_transaction_id,
      card: charge.card,
      action_url: charge.action_url,
      failure: charge.failure,
      cancellation_reason: charge.cancellation_reason,
      sequence: charge.sequence,
      expected_sequence: event === null ? charge.sequence : charge.sequence - 1,
      updated_at: charge.updated_at,
      attempt_id: attemptId,
      attempt_state: attemptState,
      next_lookup_at: nextLookUpAt,
      expected_by: expectedBy,
      event_id: event?.id ?? null,
      event_type: event?.type ?? null,
      // As text: json_to_recordset must hand on the event's exact bytes.
      event_body: event?.body ?? null,
      idempotency_key: idempotencyKey,
      response_status: responseStatus,
      response_body: responseBody,
    }),
  )
  const { rows } = await pool.query<ChargeName>({
    name: 'record-outcomes',
    text: recordOutcomesSql,
    values: [toJson(input)],
  })
  const written = new Set(rows.map(nameOf))
  return outcomes.map(({ charge }) => written.has(nameOf(charge)))
}

/**
 * No limit, but PostgreSQL does not know that, and expects a tenth of the rows; it expects 100 of any JSON. For so many it
 * would rather read the whole of a new table, small as it still is, than look each row up, and keeps to that plan, while
 * the table grows, until the table is analyzed: a fresh database became slower with every charge. Of one row it looks
 * up what belongs to it.
 */
const unknownLimit = 'limit (select 9223372036854775807)'
export const recordOutcomesSql = `
with input as materialized (
  select * from (select * from json_to_recordset($1) as row (
    merchant_id text, id text, psp_account_id text, status text, captured bigint, psp_reference text,
    network_transaction_id text, card jsonb, action_url text, failure jsonb, cancellation_reason text, sequence integer,
    expected_sequence integer, updated_at timestamptz, attempt_id text, attempt_state text, next_lookup_at timestamptz,
    expected_by timestamptz, event_id text, event_type text, event_body text, idempotency_key text,
    response_status smallint, response_body text) ${unknownLimit}) as rows ${unknownLimit}
), changed as (
  update charges set status = input.status, captured = input.captured, psp_reference = input.psp_reference,
    network_transaction_id = input.network_transaction_id, card = input.card,
    action_url = input.action_url, failure = input.failure, cancellation_reason = input.cancellation_reason,
    sequence = input.sequence, updated_at = input.updated_at
  from input
  where charges.merchant_id = input.merchant_id and charges.id = input.id and charges.sequence = input.expected_sequence
    and charges.status = 'processing'
    -- Another process may have moved the charge to another PSP without changing its state: at this moment, too. When this
    -- statement had to wait for that, PostgreSQL looks at the charge anew, and at the attempts as they were before.
    and charges.psp_account_id = input.psp_account_id
    and exists (select from attempts where attempts.merchant_id = input.merchant_id and attempts.id = input.attempt_id
      and attempts.next_lookup_at is not null offset 0)
  returning charges.merchant_id, charges.id
), settled as (
  update attempts set state = input.attempt_state, psp_reference = input.psp_reference, next_lookup_at = input.next_lookup_at,
    expected_by = coalesce(attempts.expected_by, input.expected_by),
    settled_at = case when input.next_lookup_at is null then input.updated_at end
  from input join changed using (merchant_id, id)
  where attempts.merchant_id = input.merchant_id and attempts.id = input.attempt_id
), told as (
  insert into events (merchant_id, id, type, object_id, sequence, body)
  select merchant_id, event_id, event_type, input.id, sequence, event_body::json
  from input join changed using (merchant_id, id) where event_id is not null
), answered as (
  update idempotency_keys set response_status = input.response_status, response_body = input.response_body::json
  from input join changed using (merchant_id, id)
  where idempotency_keys.merchant_id = input.merchant_id and idempotency_keys.key = input.idempotency_key
)
select merchant_id, id from changed`

function toJson(rows: object[]): string {
  return JSON.stringify(rows, (_name, value) => (typeof value === 'bigint' ? String(value) : value))
}
