import type { DisputeRow } from '@fincore/payment-service/store/disputes'
import type { RefundRow } from '@fincore/payment-service/store/refunds'
import type { WebhookDeliveryRow } from '@fincore/payment-service/store/webhook-deliveries'
import type { Backend, Pause } from './connection.ts'
import { makePool, type SimPool } from './pool.ts'
import { makeSlot } from './slot.ts'
import { statements } from './statements.ts'
import type { Table } from './table.ts'
import type { AuditRecordRecord, AuditUnsealedRecord } from './tables/audit.ts'
import { type EventRecord, newEndpoint, type PspEventRecord, type WebhookEndpointRecord } from './tables/events.ts'
import type { MerchantRecord, PspAccountRecord } from './tables/merchants.ts'
import type { AttemptRecord, ChargeRecord, IdempotencyKeyRecord, SessionRecord } from './tables/payments.ts'
import type { SettlementRecord } from './tables/settlements.ts'
import { makeTables } from './tables.ts'
import type { SetTimer } from './transaction.ts'
import { type TableView, viewTable } from './views.ts'

export type { Moment, Pause } from './connection.ts'
export type { SimPool } from './pool.ts'
export type { TableView } from './views.ts'

export type OpenOptions = {
  /**
   * Called before each statement's effect and again after it, on its own and in transactions, and around commits. The
   * world interleaves here, delays, kills or throws. A throw before means that the statement was not executed; one
   * after it, that it was, but its caller sees the error. In a transaction the connection breaks, so it rolls back
   * unless the throw came after its commit. Undefined: go on at once, which costs almost nothing.
   */
  pause?: Pause
  /** How many connections the pool has; without it, as many as are asked for. */
  max?: number
}

/** Rows as `select *` gives them through the driver, with the store's type parsers. */
export type CommittedTables = {
  merchants: TableView<MerchantRecord>
  psp_accounts: TableView<PspAccountRecord>
  payment_sessions: TableView<SessionRecord>
  charges: TableView<ChargeRecord>
  refunds: TableView<RefundRow>
  disputes: TableView<DisputeRow>
  attempts: TableView<AttemptRecord>
  attempt_settlements: TableView<SettlementRecord>
  idempotency_keys: TableView<Omit<IdempotencyKeyRecord, 'response_body'> & { response_body: unknown }>
  events: TableView<Omit<EventRecord, 'body'> & { body: unknown }>
  webhook_endpoints: TableView<WebhookEndpointRecord>
  webhook_deliveries: TableView<WebhookDeliveryRow>
  psp_events: TableView<PspEventRecord>
  audit_records: TableView<AuditRecordRecord>
  audit_unsealed: TableView<AuditUnsealedRecord>
}
/**
 * A PostgreSQL inside this process that understands the statements of the payment service's store and no others, so
 * that the store's own code runs on it. READ COMMITTED, row locks, unique keys, CHECKs and foreign keys behave as
 * there; nothing is ever written to a disk, and every wait can be seen and decided from outside.
 */
export type Database = {
  /** A pool as one process of the payment service has it. */
  open(options?: OpenOptions): SimPool
  /** The server crashes: every open transaction rolls back, and whatever waits for the server fails. What is committed stays. */
  crash(): void
  tables: CommittedTables
  /**
   * When the first row of a table is due that a worker waits for, in ms since 1970; Infinity when none is. Of `doubts`:
   * since when the oldest attempt is in doubt that nobody was alerted of. Perhaps too
   * early, since it counts what is not committed yet, and never too late. Costs next to nothing.
   */
  earliestDue(
    table: 'attempts' | 'doubts' | 'attempt_settlements' | 'payment_sessions' | 'psp_events' | 'webhook_deliveries',
  ): number
  addMerchant(merchant: Pick<MerchantRecord, 'merchant_id' | 'name'>): void
  addPspAccount(account: Pick<PspAccountRecord, 'merchant_id' | 'id' | 'psp' | 'name' | 'config' | 'credentials'>): void
  addWebhookEndpoint(endpoint: Pick<WebhookEndpointRecord, 'merchant_id' | 'id' | 'url' | 'events' | 'secret'>): void
}

/** As the payment service's own pool is set. */
const limits = { lockTimeoutMs: 10_000, connectionTimeoutMs: 10_000 }

/**
 * @param now the virtual clock; SQL's now() is the time at which its transaction began.
 * @param setTimer how limits of waiting run out, by the same clock; without it by the real one.
 */
export function makeDatabase({ now, setTimer = setRealTimer }: { now: () => Date; setTimer?: SetTimer }): Database {
  const tables = makeTables()
  const crashes = new Set<() => void>()
  const { merchants, psp_accounts, webhook_endpoints, events, idempotency_keys, psp_events } = tables
  const waitingOf = {
    attempts: tables.attempts.toLookUp,
    doubts: tables.attempts.toAlert,
    attempt_settlements: tables.attempt_settlements.toApply,
    payment_sessions: tables.payment_sessions.toExpire,
    psp_events: psp_events.toApply,
    webhook_deliveries: tables.webhook_deliveries.due,
  }
  const add = <Row extends object>(table: Table<Row>, row: Row): void => {
    const slot = makeSlot(table)
    slot.committed = row
    table.count++
    for (const index of table.indexes) {
      const key = index.keyOf(row)
      if (key !== null) index.add(key, slot, row)
    }
  }
  return {
    open({ pause, max = Number.POSITIVE_INFINITY } = {}) {
      const { lockTimeoutMs, connectionTimeoutMs } = limits
      const backend: Backend = { tables, statements, now, setTimer, pause, lockTimeoutMs, isDead: false }
      const { pool, crash } = makePool(backend, { max, connectionTimeoutMs })
      crashes.add(crash)
      return pool
    },
    crash() {
      for (const crash of crashes) crash()
    },
    tables: {
      merchants: viewTable(merchants, asStored),
      psp_accounts: viewTable(psp_accounts, asStored),
      payment_sessions: viewTable(tables.payment_sessions, asStored),
      charges: viewTable(tables.charges, asStored),
      refunds: viewTable(tables.refunds, asStored),
      disputes: viewTable(tables.disputes, asStored),
      attempts: viewTable(tables.attempts, asStored),
      attempt_settlements: viewTable(tables.attempt_settlements, asStored),
      idempotency_keys: viewTable(idempotency_keys, showKey),
      events: viewTable(events, showEvent),
      webhook_endpoints: viewTable(webhook_endpoints, asStored),
      webhook_deliveries: viewTable(tables.webhook_deliveries, asStored),
      psp_events: viewTable(psp_events, asStored),
      audit_records: viewTable(tables.audit_records, asStored),
      audit_unsealed: viewTable(tables.audit_unsealed, asStored),
    },
    earliestDue: (table) => waitingOf[table].earliest(),
    addMerchant: (merchant) => add(merchants, { ...merchant, created_at: now() }),
    addPspAccount: (account) => add(psp_accounts, { ...asMade, ...account, created_at: now() }),
    addWebhookEndpoint: (endpoint) => add(webhook_endpoints, newEndpoint({ description: null, ...endpoint }, now())),
  }
}

/** The defaults of the columns. */
const asMade = {
  status: 'active',
  priority: 1,
  share: 1,
  currencies: null,
  card_brands: null,
  raw_cards_confirmed_at: null,
  raw_cards_confirmed_by: null,
  raw_cards_confirmation: null,
} as const

const asStored = <Row>(row: Row): Row => row
const showEvent = (row: EventRecord) => ({ ...row, body: JSON.parse(row.body) as unknown })
const showKey = (row: IdempotencyKeyRecord) => ({
  ...row,
  response_body: row.response_body === null ? null : (JSON.parse(row.response_body) as unknown),
})

const setRealTimer: SetTimer = (delayMs, run) => {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
