import type { Call } from './calls.ts'
import type { CaptureCharge, Charge, CreateCardCharge, CreateTokenCharge } from './contract.ts'
import { readId } from './ids.ts'
import { type List, makeList, type PageParams } from './lists.ts'
import { type RequestOptions, usage, type WriteOptions } from './options.ts'

export type ListCharges = PageParams & {
  status?: Charge['status'] | undefined
  merchant_reference?: string | undefined
  /** The tries of this payment session. */
  payment_session?: string | undefined
}

export class Charges {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }

  /**
   * Charges a token, or a raw card: that one goes to the card relay, over mutual TLS. A decline is no error, the charge’s
   * `status` says `failed`. @throws FincoreUnknownOutcomeError when the charge may have been made: do not charge again.
   */
  create(charge: CreateTokenCharge | CreateCardCharge, options?: WriteOptions): Promise<Charge> {
    const method: unknown = charge?.payment_method
    if (typeof method !== 'object' || method === null || !('type' in method))
      throw usage('payment_method is missing: { type: "token", token } or { type: "card", card }.')
    const request = { method: 'POST', path: '/v1/charges', body: charge } as const
    if (charge.payment_method.type !== 'card') return this.#call(request, options)
    const { card } = charge.payment_method
    if (typeof card?.number !== 'string' || (card.cvc !== undefined && typeof card.cvc !== 'string'))
      throw usage('payment_method.card must have a number and a cvc, both texts of digits.')
    return this.#call({ ...request, card }, options)
  }

  get(id: string, options?: RequestOptions): Promise<Charge> {
    return this.#call({ method: 'GET', path: `/v1/charges/${readId('charge', id)}` }, options)
  }

  list(params?: ListCharges, options?: RequestOptions): List<Charge> {
    return makeList(this.#call, '/v1/charges', params, options)
  }

  /** Captures an `authorized` charge: all of it, or an `amount`; the rest is released. */
  capture(id: string, params: CaptureCharge = {}, options?: WriteOptions): Promise<Charge> {
    return this.#call({ method: 'POST', path: `/v1/charges/${readId('charge', id)}/capture`, body: params }, options)
  }

  /** Gives up the hold of an `authorized` charge. */
  cancel(id: string, options?: WriteOptions): Promise<Charge> {
    return this.#call({ method: 'POST', path: `/v1/charges/${readId('charge', id)}/cancel`, body: {} }, options)
  }
}
