import type { Call } from './calls.ts'
import type { Dispute } from './contract.ts'
import { readId } from './ids.ts'
import { type List, makeList, type PageParams } from './lists.ts'
import type { RequestOptions } from './options.ts'

export type ListDisputes = PageParams & { charge?: string | undefined; status?: Dispute['status'] | undefined }

/** What shoppers dispute with their bank. They are answered at the PSP, under `psp_reference`. */
export class Disputes {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }

  async get(id: string, options?: RequestOptions): Promise<Dispute> {
    return this.#call({ method: 'GET', path: `/v1/disputes/${readId('dispute', id)}` }, options)
  }

  list(params?: ListDisputes, options?: RequestOptions): List<Dispute> {
    return makeList(this.#call, '/v1/disputes', params, options)
  }
}
