import type { Call } from './calls.ts'
import type { EventType, FincoreEvent } from './contract.ts'
import { readId } from './ids.ts'
import { type List, makeList, type PageParams } from './lists.ts'
import type { RequestOptions } from './options.ts'

export type ListEvents<Type extends EventType = EventType> = PageParams & {
  type?: Type | undefined
  /** All that happened to one object, such as `ch_…`. */
  object_id?: string | undefined
}

/** What webhooks told, to be read: to catch up, loop over `list({ ending_before: 'evt_…' })`, the oldest first. */
export class Events {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }

  async get(id: string, options?: RequestOptions): Promise<FincoreEvent> {
    return this.#call({ method: 'GET', path: `/v1/events/${readId('event', id)}` }, options)
  }

  list<Type extends EventType = EventType>(
    params?: ListEvents<Type>,
    options?: RequestOptions,
  ): List<FincoreEvent<Type>> {
    return makeList(this.#call, '/v1/events', params, options)
  }
}
