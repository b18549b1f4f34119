import type { Call } from './calls.ts'
import type { CreateRefund, Refund } from './contract.ts'
import { readId } from './ids.ts'
import { type List, makeList, type PageParams } from './lists.ts'
import type { RequestOptions, WriteOptions } from './options.ts'

export type ListRefunds = PageParams & { charge?: string | undefined; status?: Refund['status'] | undefined }

export class Refunds {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }

  /** Gives back a captured charge: all that is left of it, or an `amount`. */
  async create(refund: CreateRefund, options?: WriteOptions): Promise<Refund> {
    return this.#call({ method: 'POST', path: '/v1/refunds', body: refund }, options)
  }

  async get(id: string, options?: RequestOptions): Promise<Refund> {
    return this.#call({ method: 'GET', path: `/v1/refunds/${readId('refund', id)}` }, options)
  }

  list(params?: ListRefunds, options?: RequestOptions): List<Refund> {
    return makeList(this.#call, '/v1/refunds', params, options)
  }
}
