import { type IdKind, isId } from '../ids.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { PageQuery } from '../store/page.ts'

const defaultLimit = 20
const maxLimit = 100
/** As long as the longest value that can be asked for: a merchant's own reference. */
const maxFilterLength = 255

export type ListQuery<Filter extends string> = PageQuery & { filters: { [name in Filter]?: string | undefined } }

/**
 * Reads the query string of a list: `limit` (1 to 100, 20 without it), `starting_after`, `ending_before`, and the
 * filters that this list has. Anything else is refused, so that a misspelt filter never answers with everything.
 *
 * @param idKind what the ids of the list look like, because an id is the cursor.
 */
export function readListQuery<const Filter extends string = never>(
  query: unknown,
  idKind: IdKind | ((text: string) => boolean),
  filterNames: readonly Filter[] = [],
): ListQuery<Filter> | Refusal {
  const isCursor = typeof idKind === 'function' ? idKind : (text: string) => isId(idKind, text)
  const read: ListQuery<Filter> = { limit: defaultLimit, startingAfter: null, endingBefore: null, filters: {} }
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    // A repeated parameter arrives as a list.
    if (typeof value !== 'string') return invalid(name, 'be given once')
    const filter = filterNames.find((known) => known === name)
    if (name === 'limit') {
      if (!/^[1-9]\d{0,2}$/.test(value) || Number(value) > maxLimit)
        return invalid(name, `be a whole number from 1 to ${maxLimit}`)
      read.limit = Number(value)
    } else if (name === 'starting_after' || name === 'ending_before') {
      if (!isCursor(value)) return refuse('cursor_invalid', { param: name })
      read[name === 'starting_after' ? 'startingAfter' : 'endingBefore'] = value
    } else if (filter !== undefined) {
      if (value === '' || value.length > maxFilterLength || value.includes('\0'))
        return invalid(name, `have 1 to ${maxFilterLength} characters`)
      read.filters[filter] = value
    } else return refuse('parameter_unknown', isPlainName(name) ? { param: name } : {})
  }
  if (read.startingAfter !== null && read.endingBefore !== null)
    return refuse('cursor_invalid', { param: 'ending_before' })
  return read
}

function invalid(name: string, must: string): Refusal {
  return isPlainName(name)
    ? refuse('parameter_invalid', { param: name, detail: `${name} must ${must}.` })
    : refuse('parameter_unknown')
}

/** A name that the caller made up is given back only when it cannot be anything but a name. */
function isPlainName(name: string): boolean {
  return /^[a-z_]{1,64}$/.test(name)
}
