import { alertAfterMs } from '@fincore/payment-service/payments/decide-follow-up'
import type { Database } from './database/database.ts'

/** Where each job of the payment service finds its work. */
const tableOf: Readonly<Record<string, Parameters<Database['earliestDue']>[0]>> = {
  resolver: 'attempts',
  'alert about unresolved attempts': 'doubts',
  'session expiry': 'payment_sessions',
  inbox: 'psp_events',
  outbox: 'webhook_deliveries',
}

/** When a job next has something to find, so that its rounds that would find nothing can be skipped. */
export function dueOf(database: Database, job: string): number {
  const table = tableOf[job]
  if (table === undefined) throw new Error(`Nobody knows where the job “${job}” finds work: say it in due.ts`)
  const due = database.earliestDue(table)
  return table === 'doubts' ? due + alertAfterMs : due
}
