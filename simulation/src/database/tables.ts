import { makeAuditRecords, makeAuditUnsealed } from './tables/audit.ts'
import { makeEvents, makePspEvents, makeWebhookDeliveries, makeWebhookEndpoints } from './tables/events.ts'
import { makeMerchants, makePspAccounts } from './tables/merchants.ts'
import {
  makeAttempts,
  makeCharges,
  makeDisputes,
  makeIdempotencyKeys,
  makeRefunds,
  makeSessions,
} from './tables/payments.ts'
import { makeSettlements } from './tables/settlements.ts'

/** The tables of one database that the store's statements work on, under their names in SQL. */
export type Tables = ReturnType<typeof makeTables>

export function makeTables() {
  return {
    merchants: makeMerchants(),
    psp_accounts: makePspAccounts(),
    payment_sessions: makeSessions(),
    charges: makeCharges(),
    refunds: makeRefunds(),
    disputes: makeDisputes(),
    attempts: makeAttempts(),
    attempt_settlements: makeSettlements(),
    idempotency_keys: makeIdempotencyKeys(),
    events: makeEvents(),
    webhook_endpoints: makeWebhookEndpoints(),
    webhook_deliveries: makeWebhookDeliveries(),
    psp_events: makePspEvents(),
    audit_records: makeAuditRecords(),
    audit_unsealed: makeAuditUnsealed(),
  }
}
