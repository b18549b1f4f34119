import { deliveryId, idOf as idSchemaOf, time } from '@fincore/api-contract/fields'
import { type IdKind, idPrefixes, isId } from '../ids.ts'
import { suggestName } from '../reading/suggest-name.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { PageQuery } from '../store/page.ts'
import { isDeliveryId } from '../store/webhook-deliveries.ts'

const defaultLimit = 20
const maxLimit = 100
/** As long as the longest value that can be asked for: a merchant's own reference. */
const maxFilterLength = 255

type QueryParameter = { description: string; schema: Readonly<Record<string, unknown>> }

/** One parameter that a list can be narrowed by. `must` follows its name in a refusal; `schema` is what openapi.json says. */
export type Filter = QueryParameter & {
  accepts: (text: string) => boolean
  must: string
  /** The words that it takes, when it takes no others: for asking whether one of them was meant. */
  words?: readonly string[]
}

/** What a list's query may hold. Read by `readListQuery`, and told to merchants by openapi.json. */
export type ListDescription<Name extends string = string> = {
  /** Whether a text has the form of a cursor: the id of an object of the list. */
  isCursor: (text: string) => boolean
  /** The same for openapi.json, by an example and a pattern. */
  cursor: Readonly<Record<string, unknown>>
  filters: Readonly<Record<Name, Filter>>
}

export type ListQuery<Name extends string> = PageQuery & { filters: { [name in Name]?: string | undefined } }

/** A list whose cursors are ids of this kind. */
export function listOf<Name extends string>(kind: IdKind, filters: Record<Name, Filter>): ListDescription<Name> {
  return { isCursor: (text) => isId(kind, text), cursor: schemaOf(idSchemaOf(idPrefixes[kind], '')), filters }
}

/** The list of an endpoint's deliveries, whose ids are made of two. */
export function listOfDeliveries<Name extends string>(filters: Record<Name, Filter>): ListDescription<Name> {
  return { isCursor: isDeliveryId, cursor: schemaOf(deliveryId('')), filters }
}

/** A filter that takes one of a table's words. */
export function oneOf(words: Readonly<Record<string, unknown>>, description: string): Filter {
  const names = Object.keys(words)
  return {
    description,
    schema: { type: 'string', enum: names, examples: names.slice(0, 1) },
    accepts: (text) => names.includes(text),
    must: `be one of ${names.join(', ')}`,
    words: names,
  }
}

/** A filter that takes the id of an object of one of these kinds. */
export function idOf(kinds: readonly IdKind[], description: string): Filter {
  const prefixes = kinds.map((kind) => idPrefixes[kind])
  return {
    description,
    schema: schemaOf(idSchemaOf(prefixes, '')),
    accepts: (text) => kinds.some((kind) => isId(kind, text)),
    must: `be an id: ${prefixes.map((prefix) => `${prefix}_`).join(' or ')} and 26 letters and digits`,
  }
}

/** A filter that takes a text of the merchant's own. */
export function textOf(description: string): Filter {
  return {
    description,
    schema: { type: 'string', minLength: 1, maxLength: maxFilterLength, examples: ['order-1001'] },
    accepts: (text) => text !== '' && text.length <= maxFilterLength && !text.includes('\0'),
    must: `have 1 to ${maxFilterLength} characters`,
  }
}

/** The parameters of a list, for openapi.json: those that every list has, and its filters. */
export function describeListParameters({ cursor, filters }: ListDescription) {
  const limit = { type: 'integer', minimum: 1, maximum: maxLimit, default: defaultLimit, examples: [maxLimit] }
  const ofAll: Record<string, QueryParameter> = {
    limit: { description: 'How many at most.', schema: limit },
    starting_after: { description: 'An id of this list: what is older follows.', schema: cursor },
    ending_before: { description: 'An id of this list: what is newer follows.', schema: cursor },
    created_after: { description: 'What was made at this time or later.', schema: schemaOf(time('')) },
    created_before: { description: 'What was made before this time.', schema: schemaOf(time('')) },
  }
  return Object.entries({ ...ofAll, ...filters }).map(([name, { description, schema }]) => ({
    name,
    in: 'query' as const,
    required: false,
    description,
    schema,
  }))
}

/** A schema without its description, which stands at the parameter. */
function schemaOf(field: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(field).filter(([name]) => name !== 'description'))
}

/**
 * Reads the query string of a list: `limit` (1 to 100, 20 without it), `starting_after`, `ending_before`,
 * `created_after` (that time included), `created_before` (that time not), and the filters that this list has. Anything
 * else is refused, so that a misspelt filter never answers with everything, and a misspelt value never with nothing.
 */
export function readListQuery<Name extends string>(
  query: unknown,
  list: ListDescription<Name>,
): ListQuery<Name> | Refusal {
  const read: ListQuery<Name> = {
    limit: defaultLimit,
    startingAfter: null,
    endingBefore: null,
    createdAfter: null,
    createdBefore: null,
    filters: {},
  }
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
    } else if (name === 'created_after' || name === 'created_before') {
      const time = readTime(value)
      if (time === null) return invalid(name, 'be a time as in RFC 3339, such as 2026-11-23T12:00:00Z')
      read[name === 'created_after' ? 'createdAfter' : 'createdBefore'] = time
    } else if (filter !== undefined) {
      const { accepts, must, words } = list.filters[filter]
      if (!accepts(value)) return invalid(name, must, suggestName(value, words ?? []))
      read.filters[filter] = value
    } else return refuseUnknown(name, [...pageParameterNames, ...filterNames])
  }
  if (read.startingAfter !== null && read.endingBefore !== null)
    return refuse('cursor_invalid', { param: 'ending_before' })
  return read
}

const pageParameterNames = ['limit', 'starting_after', 'ending_before', 'created_after', 'created_before']

/** RFC 3339 with its offset, of the years in which ids can have been made. */
const timeForm = /^2\d{3}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/
function readTime(text: string): Date | null {
  const time = new Date(timeForm.test(text) ? text : Number.NaN)
  return Number.isNaN(time.getTime()) ? null : time
}

function invalid(name: string, must: string, meant: string | null = null): Refusal {
  if (!isPlainName(name)) return refuse('parameter_unknown')
  return refuse('parameter_invalid', {
    param: name,
    detail: `${name} must ${must}.${meant === null ? '' : ` Did you mean \`${meant}\`?`}`,
  })
}

function refuseUnknown(name: string, names: readonly string[]): Refusal {
  if (!isPlainName(name)) return refuse('parameter_unknown')
  const meant = suggestName(name, names)
  const advice = meant === null ? ` It takes ${names.join(', ')}.` : ` Did you mean \`${meant}\`?`
  return refuse('parameter_unknown', { param: name, detail: `${name} is not a parameter of this list.${advice}` })
}

/** A name that the caller made up is given back only when it cannot be anything but a name. */
function isPlainName(name: string): boolean {
  return /^[a-z_]{1,64}$/.test(name)
}
