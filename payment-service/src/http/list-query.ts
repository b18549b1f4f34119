import { type IdKind, idPrefixes, isId } from '../ids.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { PageQuery } from '../store/page.ts'

const defaultLimit = 20
const maxLimit = 100
/** As long as the longest value that can be asked for: a merchant's own reference. */
const maxFilterLength = 255

/** One parameter that a list can be narrowed by. `must` follows its name in a refusal; `schema` is what openapi.json says. */
export type Filter = {
  description: string
  schema: Readonly<Record<string, unknown>>
  accepts: (text: string) => boolean
  must: string
}

/** What a list's query may hold. Read by `readListQuery`, and told to merchants by openapi.json. */
export type ListDescription<Name extends string = string> = {
  /** Whether a text has the form of a cursor: the id of an object of the list. */
  isCursor: (text: string) => boolean
  filters: Readonly<Record<Name, Filter>>
}

export type ListQuery<Name extends string> = PageQuery & { filters: { [name in Name]?: string | undefined } }

/** A list whose cursors are ids of this kind. */
export function listOf<Name extends string>(kind: IdKind, filters: Record<Name, Filter>): ListDescription<Name> {
  return { isCursor: (text) => isId(kind, text), filters }
}

/** A filter that takes one of a table's words. */
export function oneOf(words: Readonly<Record<string, unknown>>, description: string): Filter {
  const names = Object.keys(words)
  return {
    description,
    schema: { type: 'string', enum: names },
    accepts: (text) => names.includes(text),
    must: `be one of ${names.join(', ')}`,
  }
}

/** A filter that takes the id of an object of one of these kinds. */
export function idOf(kinds: readonly IdKind[], description: string): Filter {
  const prefixes = kinds.map((kind) => `${idPrefixes[kind]}_`)
  return {
    description,
    schema: { type: 'string', pattern: `^(${prefixes.join('|')})[0-9a-z]{26}$` },
    accepts: (text) => kinds.some((kind) => isId(kind, text)),
    must: `be an id: ${prefixes.join(' or ')} and 26 letters and digits`,
  }
}

/** A filter that takes a text of the merchant's own. */
export function textOf(description: string): Filter {
  return {
    description,
    schema: { type: 'string', minLength: 1, maxLength: maxFilterLength },
    accepts: (text) => text !== '' && text.length <= maxFilterLength && !text.includes('\0'),
    must: `have 1 to ${maxFilterLength} characters`,
  }
}

/** The parameters that every list has, for openapi.json. */
export const pageParameters = {
  limit: {
    description: 'How many at most.',
    schema: { type: 'integer', minimum: 1, maximum: maxLimit, default: defaultLimit },
  },
  starting_after: { description: 'An id of this list: what is older follows.', schema: { type: 'string' } },
  ending_before: { description: 'An id of this list: what is newer follows.', schema: { type: 'string' } },
} as const

/**
 * Reads the query string of a list: `limit` (1 to 100, 20 without it), `starting_after`, `ending_before`, and the
 * filters that this list has. Anything else is refused, so that a misspelt filter never answers with everything, and a
 * misspelt value never with nothing.
 */
export function readListQuery<Name extends string>(
  query: unknown,
  list: ListDescription<Name>,
): ListQuery<Name> | Refusal {
  const read: ListQuery<Name> = { limit: defaultLimit, startingAfter: null, endingBefore: null, filters: {} }
  const filterNames = Object.keys(list.filters) as Name[]
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    // A repeated parameter arrives as a list.
    if (typeof value !== 'string') return invalid(name, 'be given once')
    const filter = filterNames.find((known) => known === name)
    if (name === 'limit') {
      if (!/^[1-9]\d{0,2}$/.test(value) || Number(value) > maxLimit)
        return invalid(name, `be a whole number from 1 to ${maxLimit}`)
      read.limit = Number(value)
    } else if (name === 'starting_after' || name === 'ending_before') {
      if (!list.isCursor(value)) return refuse('cursor_invalid', { param: name })
      read[name === 'starting_after' ? 'startingAfter' : 'endingBefore'] = value
    } else if (filter !== undefined) {
      const { accepts, must } = list.filters[filter]
      if (!accepts(value)) return invalid(name, must)
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
