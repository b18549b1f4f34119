import type { PspRequest } from '../port.ts'
import { type Named, type Page, wire } from './wire.ts'

/** So many of the largest objects still fit the largest reply that is read. */
export const pageSize = 30

/**
 * Around the time at which a request was sent: the object's own time is by Stripe's clock, and the call may have begun
 * up to 65 s later than it was written down. Two minutes of it are for clocks that differ.
 */
const around = { beforeMs: 120_000, afterMs: 185_000 }

/** The bounds of a list of what was made when a request was sent, in seconds. */
export function createdAround(sentAt: Date): { gte: number; lte: number } {
  return {
    gte: Math.floor((sentAt.getTime() - around.beforeMs) / 1_000),
    lte: Math.ceil((sentAt.getTime() + around.afterMs) / 1_000),
  }
}

/**
 * What of ours a page has. `null` stands for “nothing, and the list ends here”; of a page with anything that cannot be
 * read nothing is said, because it might have been ours.
 *
 * @param nextPage the request for what comes after this id.
 */
export function findInPage(
  page: Page,
  isOurs: (item: Named) => boolean,
  nextPage: (after: string) => PspRequest,
): { found: Named } | { found: null } | { found: 'next'; request: PspRequest } | { found: 'unknown'; why: string } {
  const items = page.data.filter((item) => wire.named.Check(item))
  if (items.length !== page.data.length) return { found: 'unknown', why: 'Stripe’s list cannot be read' }
  const ours = items.filter(isOurs)
  const [found] = ours
  if (ours.length > 1) return { found: 'unknown', why: 'Stripe knows the reference more than once' }
  if (found !== undefined) return { found }
  if (!page.has_more) return { found: null }
  const last = items.at(-1)
  if (last === undefined) return { found: 'unknown', why: 'Stripe’s list has more, and does not say where' }
  return { found: 'next', request: nextPage(last.id) }
}
