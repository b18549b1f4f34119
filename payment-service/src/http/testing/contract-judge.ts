import type { ErrorCode } from '@fincore/api-contract/errors'
import Schema from 'typebox/schema'
import type { Sent } from './arbitrary-requests.ts'
import { close, type NamedOperation, type ReadDocument } from './read-document.ts'

export type Answer = { status: number; headers: Record<string, unknown>; body: string }

/** How a path and a method that the document does not have are refused. */
const ofNoOperation: readonly string[] = ['route_not_found', 'method_not_allowed']
/** What a request must not be told that is as the document says. */
const ofBrokenRequests: ReadonlySet<string> = new Set<ErrorCode>([
  'parameter_missing',
  'parameter_unknown',
  'parameter_invalid',
  'malformed_json',
  'malformed_http',
  'media_type_unsupported',
  'idempotency_key_required',
  'idempotency_key_invalid',
  'authentication_required',
  'api_key_invalid',
  'scope_missing',
  'card_data_not_accepted_here',
])
/** The answers of 500 and above that the test brings about, by a PSP that does not answer. */
const ofSilentPsps: ReadonlySet<string> = new Set<ErrorCode>(['psp_unavailable'])

type Validator = { Check(value: unknown): boolean }
type Judged = { statuses: Map<number, { type: string; validator: Validator }>; body: Validator | null }

/** Holds answers against what the document says of their operation. */
export function createJudge({ operations, resolve }: ReadDocument) {
  const compile = (schema: object): Validator => Schema.Compile(schema as never)
  const judgedBy = new Map([...operations].map(([id, named]) => [id, prepare(named)]))
  function prepare({ operation }: NamedOperation): Judged {
    const statuses = Object.entries(operation.responses).map(([status, { content }]) => {
      const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(content)
      return [Number(status), { type, validator: compile(close(resolve(schema))) }] as const
    })
    const body = operation.requestBody?.content['application/json']?.schema
    return { statuses: new Map(statuses), body: body === undefined ? null : compile(resolve(body)) }
  }

  /** Every way in which an answer is not what the document says; none is right. */
  return function judge(sent: Sent, { status, headers, body }: Answer): string[] {
    const faults: string[] = []
    const { statuses, body: request } = judgedBy.get(sent.operationId) ?? { statuses: new Map(), body: null }
    const isOwnMethod = operations.get(sent.operationId)?.method === sent.method
    const json = readJson(body)
    const code = codeOf(json)
    if (typeof headers['x-request-id'] !== 'string') faults.push('it has no X-Request-Id')
    if (status >= 500 && !ofSilentPsps.has(code)) faults.push('it is our fault')
    if (!isOwnMethod || ofNoOperation.includes(code)) {
      // Another operation of the same path is judged when it is its turn.
      if (isOwnMethod && !statuses.has(status)) faults.push(`${status} is not documented`)
      return faults
    }
    const said = statuses.get(status)
    if (said === undefined) return [...faults, `${status} is not documented`]
    if (String(headers['content-type']).split(';')[0] !== said.type) faults.push(`it is not ${said.type}`)
    if (!said.validator.Check(json)) faults.push(`it does not fit the schema of ${status}`)
    if (sent.kind === 'fits' && ofBrokenRequests.has(code)) faults.push('the request fits the document, and is refused')
    const isBroken = sent.kind === 'broken' || (request !== null && !fits(request, sent))
    if (isBroken && status < 400) faults.push('the request does not fit the document, and is taken')
    return faults
  }
}

function fits(validator: Validator, { body }: Sent): boolean {
  const json = typeof body === 'string' ? readJson(body) : undefined
  return json === undefined || validator.Check(json)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(json: unknown): string {
  return typeof json === 'object' && json !== null && 'code' in json ? String(json.code) : ''
}
