import { type Static, Type } from 'typebox'

/** Query strings are text; nothing is coerced, so a number is a text of digits. */
export const pageQuery = {
  limit: Type.Optional(Type.String({ pattern: '^([1-9]\\d?|100)$', description: '1 to 100; 20 without it.' })),
  starting_after: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
}
const pageSchema = Type.Object(pageQuery, { additionalProperties: false })
export const listSchema = { querystring: pageSchema }

/** Reads one row more than asked for, to know whether there are more. Lists have the newest first. */
export async function listPage<Row>(
  query: Static<typeof pageSchema>,
  read: (page: { before: string | null; limit: number }) => Promise<Row[]>,
  show: (row: Row) => object,
): Promise<{ object: 'list'; data: object[]; has_more: boolean }> {
  const limit = Number(query.limit ?? 20)
  const rows = await read({ before: query.starting_after ?? null, limit: limit + 1 })
  return { object: 'list', data: rows.slice(0, limit).map(show), has_more: rows.length > limit }
}
