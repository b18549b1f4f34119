import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Asked } from '../journal.ts'
import type { ReceivedEvent } from '../merchant-receiver.ts'

/** What the PSP's bank really did: the judge. */
export type Movement = {
  kind: 'authorization' | 'capture' | 'cancellation' | 'refund'
  id: string
  payment: string
  /** The payment's. */
  reference: string
  own_reference: string
  amount: bigint
  currency: string
  /** In milliseconds since 1970. */
  at: number
}

export type Charge = {
  id: string
  status: string
  flow: string
  amount: bigint
  captured: bigint
  refunded: bigint
  refunds_pending: bigint
  pending_operation: string | null
  psp_reference: string | null
  payment_session_id: string | null
  cancellation_reason: string | null
  flags: string[]
  sequence: number
}
export type Refund = { id: string; charge_id: string; status: string; amount: bigint; sequence: number }
export type Attempt = {
  id: string
  kind: 'authorize' | 'capture' | 'cancel' | 'refund' | 'create_session' | 'expire_session'
  state: string
  charge_id: string | null
  refund_id: string | null
  payment_session_id: string | null
  amount: bigint | null
  lookups: number
}
export type Session = {
  id: string
  status: string
  charge_id: string | null
  amount: bigint
  sequence: number
  late_payments: 'refund' | 'keep'
  /** How long its time has been over, by PostgreSQL's clock; negative while it is not. */
  overdue_seconds: number
}
export type PspEvent = { event_id: string; type: string; reference: string | null; state: string; tries: number }
export type OutboundEvent = {
  id: string
  type: string
  object_id: string
  sequence: number
  object: Readonly<Record<string, unknown>>
  /** By PostgreSQL's clock, in milliseconds since 1970. */
  created_at: number
}
export type Delivery = { id: string; event_id: string; endpoint_id: string; state: string; tries: number }
export type Key = { key: string; object_id: string }

/** Everything the invariants are judged by, once all is at rest. */
export type Evidence = {
  truth: readonly Movement[]
  charges: readonly Charge[]
  refunds: readonly Refund[]
  attempts: readonly Attempt[]
  sessions: readonly Session[]
  /** What the PSP said by webhook. */
  pspEvents: readonly PspEvent[]
  events: readonly OutboundEvent[]
  deliveries: readonly Delivery[]
  endpoints: readonly string[]
  keys: readonly Key[]
  /** What the API answers now about each charge, refund and session, by id. */
  api: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** What was asked and answered while it happened. */
  asked: readonly Asked[]
  /** What arrived at the merchant's endpoint. */
  received: readonly ReceivedEvent[]
  /** What was wrong in the database at a moment while the load ran. */
  samples: readonly string[]
}

/** Where the evidence is. */
export type EvidenceSource = {
  database: pg.Pool
  merchant: string
  /** The whole of the truth ledger. */
  readTruth(): Promise<{ movements: (Omit<Movement, 'amount' | 'at'> & { amount: number; at: string })[] }>
  /** Reads one object by the API, past every proxy. */
  readApi(path: string): Promise<Record<string, unknown>>
  asked: readonly Asked[]
  received: readonly ReceivedEvent[]
  samples: readonly string[]
  /** How long to wait for what a change brings with it, such as its delivery, before everything is read again. */
  settleMs: number
}

/** A system that never comes to rest must not keep the drill: it is judged as it was read last, and told of. */
const mostReadings = 5

/**
 * Reads everything, and again when something changed while it was read: a session that came to its end between two
 * readings would look like a contradiction.
 * @returns also whether nothing changed during the last reading.
 */
export async function gatherEvidence(source: EvidenceSource): Promise<{ evidence: Evidence; isStill: boolean }> {
  for (let reading = 1; ; reading++) {
    const before = await countChanges(source)
    const evidence = await readEvidence(source)
    const isStill = (await countChanges(source)) === before
    if (isStill || reading === mostReadings) return { evidence, isStill }
    await sleep(source.settleMs)
  }
}

/** Every change has its event, and every delivery its row. */
async function countChanges({ database, merchant }: EvidenceSource): Promise<string> {
  const { rows } = await database.query<{ changes: string }>(
    `select (select count(*) from events where merchant_id = $1)
       + (select count(*) from webhook_deliveries where merchant_id = $1 and state <> 'pending') as changes`,
    [merchant],
  )
  return rows[0]?.changes ?? ''
}

async function readEvidence(source: EvidenceSource): Promise<Evidence> {
  const { database, merchant } = source
  const all = async <Row>(sql: string): Promise<Row[]> => (await database.query(sql, [merchant])).rows as Row[]
  const truth = (await source.readTruth()).movements.map((movement) => ({
    ...movement,
    amount: BigInt(movement.amount),
    at: Date.parse(movement.at),
  }))
  const charges = await all<Charge>(
    `select id, status, flow, amount, captured, refunded, refunds_pending, pending_operation, psp_reference,
       payment_session_id, cancellation_reason, flags, sequence from charges where merchant_id = $1 order by id`,
  )
  const refunds = await all<Refund>(
    'select id, charge_id, status, amount, sequence from refunds where merchant_id = $1 order by id',
  )
  const attempts = await all<Attempt>(
    `select id, kind, state, charge_id, refund_id, payment_session_id, amount, lookups
     from attempts where merchant_id = $1 order by id`,
  )
  const sessions = await all<Session>(
    `select id, status, charge_id, amount, sequence, late_payments,
       extract(epoch from now() - expires_at)::float8 as overdue_seconds
     from payment_sessions where merchant_id = $1 order by id`,
  )
  const pspEvents = await all<PspEvent>(
    'select event_id, type, reference, state, tries from psp_events where merchant_id = $1 order by received_at',
  )
  const events = await all<OutboundEvent & { created_at: Date }>(
    `select id, type, object_id, sequence, body->'data'->'object' as object, created_at
     from events where merchant_id = $1 order by object_id, sequence`,
  )
  const deliveries = await all<Delivery>(
    'select id, event_id, endpoint_id, state, tries from webhook_deliveries where merchant_id = $1',
  )
  const endpoints = await all<{ id: string }>('select id from webhook_endpoints where merchant_id = $1')
  const keys = await all<Key>('select key, object_id from idempotency_keys where merchant_id = $1')
  const api = new Map<string, Record<string, unknown>>()
  for (const [path, rows] of [
    ['charges', charges],
    ['refunds', refunds],
    ['payment_sessions', sessions],
  ] as const) {
    for (const { id } of rows) api.set(id, await source.readApi(`/v1/${path}/${id}`))
  }
  const money = <Row extends object>(rows: Row[], ...names: (keyof Row)[]): Row[] =>
    rows.map((row) => {
      const exact = Object.fromEntries(
        names.map((name) => [name, row[name] === null ? null : BigInt(row[name] as string)]),
      )
      return { ...row, ...exact }
    })
  return {
    truth,
    charges: money(charges, 'amount', 'captured', 'refunded', 'refunds_pending'),
    refunds: money(refunds, 'amount'),
    attempts: money(attempts, 'amount'),
    sessions: money(sessions, 'amount'),
    pspEvents,
    events: events.map((event) => ({ ...event, created_at: new Date(event.created_at).getTime() })),
    deliveries,
    endpoints: endpoints.map(({ id }) => id),
    keys,
    api,
    asked: [...source.asked],
    received: [...source.received],
    samples: source.samples,
  }
}

export type InvariantName = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7'

/** How the money would be hurt; `other` breaks a promise without moving money wrongly. */
export type Harm = 'lost' | 'doubled' | 'wrong amount' | 'guessed' | 'other'

export type Violation = {
  invariant: InvariantName
  harm: Harm
  /** The object of FinCore, or where it knows none, the PSP's payment. */
  about: string
  what: string
}
