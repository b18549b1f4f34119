import { type Command, Option } from 'commander'
import { toJson } from '../printable.ts'
import { readWholeNumber } from './action.ts'
import type { GlobalOptions } from './connection.ts'
import { call, type Door } from './http-client.ts'
import { note, type Surroundings, say } from './surroundings.ts'
import { type Column, printTable } from './table.ts'

export type ListOptions = { limit: number; startingAfter?: string }
type Page<Row> = { data: Row[]; has_more: boolean }
type Query = Readonly<Record<string, string | undefined>>

const mostOnPage = 100
const mostRows = 100_000

/** The options that every list has. */
export function withListOptions(command: Command): Command {
  return command
    .addOption(new Option('--limit <n>', 'how many at most').default(20).argParser(readWholeNumber(1, mostRows)))
    .option('--starting-after <id>', 'an id of this list: what is older follows')
}

/** Reads a list page by page, the newest first, until there is no more or it is enough. */
export async function readList<Row extends { id: string }>(
  door: Door,
  path: string,
  { limit, startingAfter }: ListOptions = { limit: mostRows },
  query: Query = {},
): Promise<{ rows: Row[]; hasMore: boolean }> {
  const rows: Row[] = []
  let cursor = startingAfter
  for (;;) {
    const pageSize = Math.min(mostOnPage, limit - rows.length)
    const page = await call<Page<Row>>(door, 'GET', path, {
      query: { ...query, limit: pageSize, starting_after: cursor },
    })
    rows.push(...page.data)
    cursor = rows.at(-1)?.id
    if (!page.has_more || rows.length >= limit || cursor === undefined) return { rows, hasMore: page.has_more }
  }
}

/** Prints a list: a table for people, a line of JSON for each row for programs. */
export async function printList<Row extends { id: string }>(
  io: Surroundings,
  columns: readonly Column<Row>[],
  options: ListOptions & GlobalOptions,
  list: { door: Door; path: string; query?: Query; none: string },
): Promise<void> {
  const { rows, hasMore } = await readList<Row>(list.door, list.path, options, list.query)
  if (options.json) for (const row of rows) say(io, toJson(row))
  else if (rows.length === 0) note(io, list.none)
  else printTable(io, columns, rows)
  if (hasMore) note(io, `There are more: --starting-after ${rows.at(-1)?.id} shows what is older.`)
}
