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
  async create(charge: CreateTokenCharge | CreateCardCharge, options?: WriteOptions): Promise<Charge> {
    const request = { method: 'POST', path: '/v1/charges', body: charge } as const
    const card = findCard(charge)
    return this.#call(card === null ? request : { ...request, card }, options)
  }

  async get(id: string, options?: RequestOptions): Promise<Charge> {
    return this.#call({ method: 'GET', path: `/v1/charges/${readId('charge', id)}` }, options)
  }

  list(params?: ListCharges, options?: RequestOptions): List<Charge> {
    return makeList(this.#call, '/v1/charges', params, options)
  }

  /** Captures an `authorized` charge: all of it, or an `amount`; the rest is released. */
  async capture(id: string, params: CaptureCharge = {}, options?: WriteOptions): Promise<Charge> {
    return this.#call({ method: 'POST', path: `/v1/charges/${readId('charge', id)}/capture`, body: params }, options)
  }

  /** Gives up the hold of an `authorized` charge. */
  async cancel(id: string, options?: WriteOptions): Promise<Charge> {
    return this.#call({ method: 'POST', path: `/v1/charges/${readId('charge', id)}/cancel`, body: {} }, options)
  }
}

/**
 * The card of a raw-card charge, which belongs to the card relay alone; null for a token. Stricter than the types, because
 * a misspelt `type` would carry the card to the API, which refuses it, but has then seen it.
 */
function findCard(charge: CreateTokenCharge | CreateCardCharge): { number: string; cvc?: string | undefined } | null {
  const method: { type?: unknown; card?: { number?: unknown; cvc?: unknown } } = charge?.payment_method ?? {}
  if (method.type === 'token' && method.card === undefined) return null
  if (method.type !== 'card') throw usage('payment_method must be { type: "token", token } or { type: "card", card }.')
  const { number, cvc } = method.card ?? {}
  if (typeof number !== 'string' || (cvc !== undefined && typeof cvc !== 'string'))
    throw usage('payment_method.card must have a number and a cvc, both texts of digits.')
  return { number, cvc }
}
