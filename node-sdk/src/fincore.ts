import { openCalls } from './calls.ts'
import { Charges } from './charges.ts'
import { Disputes } from './disputes.ts'
import { Events } from './events.ts'
import { type FincoreOptions, readOptions } from './options.ts'
import { PaymentSessions } from './payment-sessions.ts'
import { Refunds } from './refunds.ts'
import { WebhookEndpoints } from './webhook-endpoints.ts'

/** FinCore’s API, for a merchant’s server. Make one client and keep it: it keeps its connections. */
export class Fincore {
  readonly paymentSessions: PaymentSessions
  readonly charges: Charges
  readonly refunds: Refunds
  readonly disputes: Disputes
  readonly events: Events
  readonly webhookEndpoints: WebhookEndpoints
  readonly #close: () => void

  /** @throws FincoreUsageError when an option cannot be right. */
  constructor(options: FincoreOptions) {
    const { call, close } = openCalls(readOptions(options))
    this.#close = close
    this.paymentSessions = new PaymentSessions(call)
    this.charges = new Charges(call)
    this.refunds = new Refunds(call)
    this.disputes = new Disputes(call)
    this.events = new Events(call)
    this.webhookEndpoints = new WebhookEndpoints(call)
  }

  /** Ends the kept connections, and whatever call is under way. A program that only ends needs it not. */
  close(): void {
    this.#close()
  }
}
