import type { ErrorBody } from '../errors.ts'
import type { OperationName } from '../operations.ts'
import type { FormHash } from '../parameters/form.ts'

/** What came to one operation. `shapes`: the forms of its requests, by their parameters' names, choices and switches. */
type Count = { checked: number; refused: number; shapes: Set<string> }

export type RequestCounts = {
  counts: Map<OperationName, Count>
  /** The last refusals, oldest first: what a developer looks for when nothing works. No value is among them. */
  refusals: { operation: string; status: number; code: string | null; param: string | null; message: string }[]
}

const mostShapes = 10_000
const longestShape = 2_000
const mostRefusals = 50

export function createRequestCounts(): RequestCounts {
  return { counts: new Map(), refusals: [] }
}

export function countRequest(requests: RequestCounts, operation: OperationName, form: FormHash): void {
  const count = countOf(requests, operation)
  count.checked++
  if (count.shapes.size < mostShapes) count.shapes.add(describeShape(form, '').sort().join('&').slice(0, longestShape))
}

export function countRefusal(
  requests: RequestCounts,
  operation: OperationName,
  status: number,
  error: ErrorBody,
): void {
  countOf(requests, operation).refused++
  const { code = null, param = null, message } = error
  requests.refusals.push({ operation, status, code, param, message })
  if (requests.refusals.length > mostRefusals) requests.refusals.shift()
}

/** How many requests were checked, how many of them were distinct in their form, and how many were refused. */
export function describeRequests({ counts, refusals }: RequestCounts) {
  const operations = [...counts].map(([name, { checked, refused, shapes }]) => ({
    name,
    checked,
    distinct: shapes.size,
    refused,
  }))
  const sum = (field: 'checked' | 'distinct' | 'refused') => operations.reduce((total, row) => total + row[field], 0)
  return { checked: sum('checked'), distinct: sum('distinct'), refused: sum('refused'), operations, refusals }
}

function countOf({ counts }: RequestCounts, operation: OperationName): Count {
  const known = counts.get(operation) ?? { checked: 0, refused: 0, shapes: new Set() }
  counts.set(operation, known)
  return known
}

/** Names, with their values where these are words of Stripe's: `true`, `manual`, `eur`. Places in arrays are all one. */
function describeShape(form: FormHash, path: string): string[] {
  return [...form].flatMap(([name, value]) => {
    const place = `${path}[${/^\d+$/.test(name) ? '' : name}]`
    if (typeof value !== 'string') return describeShape(value, place)
    const isChoice = /^[a-z_]{2,40}$/.test(value) && !/metadata|description|name/.test(place)
    return [isChoice ? `${place}=${value}` : place]
  })
}
