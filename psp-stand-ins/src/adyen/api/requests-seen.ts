import { createHash } from 'node:crypto'

/** What was asked of the API, for whoever wants to know whether the requests of an adapter were really held against its types. */
export type RequestsSeen = Map<string, { calls: number; refused: number; distinct: Set<string> }>

/** More different requests than these are not told apart. */
const mostDistinct = 10_000

export function countRequest(seen: RequestsSeen, operation: string, body: string, refused: boolean): void {
  const row = seen.get(operation) ?? { calls: 0, refused: 0, distinct: new Set<string>() }
  row.calls += 1
  if (refused) row.refused += 1
  if (row.distinct.size < mostDistinct) row.distinct.add(createHash('sha256').update(body).digest('base64'))
  seen.set(operation, row)
}

export function describeRequests(seen: RequestsSeen) {
  const operations = [...seen].map(([operation, { calls, refused, distinct }]) => {
    return { operation, calls, distinct: distinct.size, refused }
  })
  return { operations: operations.sort((one, other) => (one.operation < other.operation ? -1 : 1)) }
}
