import type { Call } from './calls.ts'
import type { CreatePaymentSession, OpenPaymentSession, PaymentSession } from './contract.ts'
import { readId } from './ids.ts'
import { type List, makeList, type PageParams } from './lists.ts'
import type { RequestOptions, WriteOptions } from './options.ts'

export type ListPaymentSessions = PageParams & {
  status?: PaymentSession['status'] | undefined
  merchant_reference?: string | undefined
}

export class PaymentSessions {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }

  /** Makes a payment session: send the shopper to its `url`. */
  async create(session: CreatePaymentSession, options?: WriteOptions): Promise<OpenPaymentSession> {
    return this.#call({ method: 'POST', path: '/v1/payment_sessions', body: session }, options)
  }

  async get(id: string, options?: RequestOptions): Promise<PaymentSession> {
    return this.#call({ method: 'GET', path: `/v1/payment_sessions/${readId('payment session', id)}` }, options)
  }

  list(params?: ListPaymentSessions, options?: RequestOptions): List<PaymentSession> {
    return makeList(this.#call, '/v1/payment_sessions', params, options)
  }

  /** Ends an `open` session. When it was paid meanwhile the answer is a FincoreConflictError, `session_not_open`. */
  async expire(id: string, options?: WriteOptions): Promise<PaymentSession> {
    const path = `/v1/payment_sessions/${readId('payment session', id)}/expire`
    return this.#call({ method: 'POST', path, body: {} }, options)
  }
}
