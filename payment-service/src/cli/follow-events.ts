import type { ShownEvent } from './commands/events.ts'
import { call, type Door } from './http-client.ts'

type Page = { data: ShownEvent[]; has_more: boolean }

/**
 * How far behind the newest event the list is read again. An event has its place in the list before it is committed, so
 * it can come to stand behind another that was seen already.
 */
const overlapMs = 30_000
const onPage = 20
/** More than can happen to stand in the overlap. */
const mostSeen = 20_000

/** Follows a merchant's events from now on. `next` answers with what is new since it was asked last, the oldest first. */
export async function followEvents(door: Door): Promise<{ next(): Promise<ShownEvent[]> }> {
  // What there is already is not new.
  const known = await readBack(door, null)
  const seen = new Set(known.map(({ id }) => id))
  const beginning = horizonOf(known) ?? 0
  let horizon = beginning
  return {
    async next() {
      const events = await readBack(door, horizon)
      const isNew = ({ id, created_at }: ShownEvent) => !seen.has(id) && Date.parse(created_at) >= beginning
      const fresh = events.filter(isNew).reverse()
      horizon = horizonOf(events) ?? horizon
      for (const { id } of fresh) seen.add(id)
      for (const id of seen) if (seen.size > mostSeen) seen.delete(id)
      return fresh
    },
  }
}

/** The events back to a time, and a few before it, the newest first. Without a time, back to the newest one's horizon. */
async function readBack(door: Door, horizon: number | null): Promise<ShownEvent[]> {
  const events: ShownEvent[] = []
  let backTo = horizon
  for (;;) {
    const query = { limit: onPage, starting_after: events.at(-1)?.id }
    const page = await call<Page>(door, 'GET', '/v1/events', { query })
    events.push(...page.data)
    backTo ??= horizonOf(events)
    const oldest = events.at(-1)
    if (!page.has_more || oldest === undefined || backTo === null || Date.parse(oldest.created_at) < backTo)
      return events
  }
}

/** The time before which nothing new comes to stand; null where there is no event. */
function horizonOf([newest]: readonly ShownEvent[]): number | null {
  return newest === undefined ? null : Date.parse(newest.created_at) - overlapMs
}
