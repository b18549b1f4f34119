import type { Call } from './calls.ts'
import type { RequestOptions } from './options.ts'

/** One page of a list, the newest first. */
export type Page<T> = {
  object: 'list'
  data: T[]
  /** Whether more follow in the direction that was asked for. */
  has_more: boolean
}

/** What every list takes beside its filters. */
export type PageParams = {
  /** How many a page has at most, 1 to 100. Without it a loop asks for 100 at a time, and `page()` for 20. */
  limit?: number | undefined
  /** An id of this list: only what is older follows, the newest first. */
  starting_after?: string | undefined
  /** An id of this list: only what is newer follows. In a loop the oldest comes first, so that you catch up in order. */
  ending_before?: string | undefined
  /** Only what was made at this time or later, by FinCore’s clock. */
  created_after?: string | Date | undefined
  /** Only what was made before this time. */
  created_before?: string | Date | undefined
}

/** A list that was asked for. Nothing is sent before it is read: `for await (const one of list)`, or `await list.page()`. */
export type List<T> = AsyncIterable<T> & {
  /** One page. */
  page: () => Promise<Page<T>>
}

export function makeList<T extends { id: string }>(
  call: Call,
  path: string,
  params: PageParams = {},
  options: RequestOptions = {},
): List<T> {
  const fetchPage = (query: PageParams) => call<Page<T>>({ method: 'GET', path, query }, options)
  return {
    page: () => fetchPage(params),
    async *[Symbol.asyncIterator]() {
      const isForward = params.ending_before !== undefined
      let query: PageParams = { limit: 100, ...params }
      for (;;) {
        const { data, has_more: hasMore } = await fetchPage(query)
        yield* isForward ? [...data].reverse() : data
        const last = isForward ? data[0] : data.at(-1)
        if (!hasMore || last === undefined) return
        query = { ...query, ...(isForward ? { ending_before: last.id } : { starting_after: last.id }) }
      }
    },
  }
}
