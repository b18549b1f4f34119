import { invalid, missing } from '../errors.ts'

export type ListParams = {
  limit?: number
  starting_after?: string
  ending_before?: string
  created?: number | { gt?: number; gte?: number; lt?: number; lte?: number }
}

/**
 * A page of objects, newest first ("Pagination", API reference). `rows` is in the order of their making; `kind` names the
 * object in the refusal of a cursor that is none.
 */
export function makePage<T extends { id: string; created: number }>(
  rows: Iterable<T>,
  params: ListParams,
  url: string,
  kind: string,
) {
  const { limit = 10, starting_after: after, ending_before: before } = params
  if (limit < 1 || limit > 100)
    throw invalid('This value must be from 1 to 100.', { code: 'parameter_invalid_integer', param: 'limit' })
  if (after !== undefined && before !== undefined)
    throw invalid('You may only specify one of these parameters: starting_after, ending_before.', {
      code: 'parameters_exclusive',
      param: 'starting_after',
    })
  const all = [...rows].reverse()
  const placeOf = (id: string, param: string) => {
    const place = all.findIndex((row) => row.id === id)
    if (place < 0) throw missing(kind, id, param, 400)
    return place
  }
  const first = after === undefined ? 0 : placeOf(after, 'starting_after') + 1
  const end = before === undefined ? all.length : placeOf(before, 'ending_before')
  const fitting = all.slice(first, end).filter(({ created }) => isWithin(created, params.created))
  const data = before === undefined ? fitting.slice(0, limit) : fitting.slice(-limit)
  return { object: 'list' as const, data, has_more: fitting.length > data.length, url }
}

function isWithin(created: number, range: ListParams['created']): boolean {
  if (range === undefined) return true
  if (typeof range === 'number') return created === range
  return (
    (range.gt === undefined || created > range.gt) &&
    (range.gte === undefined || created >= range.gte) &&
    (range.lt === undefined || created < range.lt) &&
    (range.lte === undefined || created <= range.lte)
  )
}
