import type { ShownEvent } from './commands/events.ts'
import { call, type Door } from './http-client.ts'
import { readList } from './lists.ts'

type Page = { data: ShownEvent[]; has_more: boolean }

const path = '/v1/events'
const mostOnPage = 100

/**
 * Follows a merchant's events from now on. `next` answers with what is new since it was asked last, the oldest first.
 * The list misses none and repeats none for whoever asks for what is newer than the last one that he has.
 */
export async function followEvents(door: Door): Promise<{ next(): Promise<ShownEvent[]> }> {
  const read = (query: Record<string, string | number>) => call<Page>(door, 'GET', path, { query })
  let last = (await read({ limit: 1 })).data[0]?.id
  return {
    async next() {
      if (last === undefined) {
        const { rows } = await readList<ShownEvent>(door, path)
        last = rows[0]?.id
        return rows.reverse()
      }
      const fresh: ShownEvent[] = []
      for (;;) {
        const page = await read({ limit: mostOnPage, ending_before: fresh.at(-1)?.id ?? last })
        fresh.push(...page.data.toReversed())
        if (page.has_more) continue
        // Not before all is read: should a page fail, the caller asks for all of it again.
        last = fresh.at(-1)?.id ?? last
        return fresh
      }
    },
  }
}
