import fc, { type Arbitrary } from 'fast-check'
import { fitting, type Known, strange } from './arbitrary-values.ts'
import type { NamedOperation, ReadDocument, Schema } from './read-document.ts'

/** One request as it is sent. */
export type Sent = {
  operationId: string
  method: string
  url: string
  headers: Record<string, string>
  body: string | Buffer | null
  /** `fits`: the document says that it may be sent so. `broken`: it may not. `odd`: the document leaves it open. */
  kind: 'fits' | 'broken' | 'odd'
}

/** What requests are made with. `keys` have every right, `lesserKeys` none but a publishable one's, `noKeys` are unknown. */
export type Means = {
  keys: readonly string[]
  publishableKey: string
  lesserKeys: readonly string[]
  noKeys: readonly string[]
  known: Known
  /** Makes the ids of a path name what belongs together. */
  relate(path: Record<string, string>): Record<string, string>
}

type Draft = Omit<Sent, 'body'> & { body: Record<string, unknown> | null; path: string; query: [string, string][] }
type Break = (sent: Sent, draft: Draft) => Sent

/** Requests of one operation, of which a part fits the document and the rest differs from that in one way. */
export function requestsOf(named: NamedOperation, read: ReadDocument, means: Means): Arbitrary<Sent> {
  const fits = draftsOf(named, read, means)
  return fc.oneof(
    { arbitrary: fits.map(write), weight: 2 },
    {
      arbitrary: fc.tuple(fits, breaksOf(named, means)).map(([draft, change]) => change(write(draft), draft)),
      weight: 3,
    },
  )
}

function draftsOf({ method, path, operation }: NamedOperation, read: ReadDocument, means: Means): Arbitrary<Draft> {
  const valuesOf = (place: string) =>
    operation.parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name, schema }) => [name, fitting(read.resolve(schema), means.known, name).map(String)] as const)
  const content = operation.requestBody?.content['application/json']
  const schema = content === undefined ? null : read.resolve(content.schema)
  const isPublic = operation.security.some((by) => 'publishable_key' in by)
  return fc
    .record({
      path: fc.record(Object.fromEntries(valuesOf('path'))),
      query: fc.record(Object.fromEntries(valuesOf('query')), { requiredKeys: [] }),
      key: isPublic ? fc.constant(means.publishableKey) : fc.constantFrom(...means.keys),
      idempotencyKey: fc.uuid(),
      body: schema === null ? fc.constant(null) : (fitting(schema, means.known) as Arbitrary<Record<string, unknown>>),
    })
    .map((made) => {
      const ids = means.relate(made.path)
      // One cursor at a time is what the list’s description says.
      if ('starting_after' in made.query) delete made.query.ending_before
      return {
        operationId: operation.operationId,
        method,
        url: '',
        path: path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(ids[name] ?? '')),
        query: Object.entries(made.query) as [string, string][],
        headers: {
          authorization: `Bearer ${made.key}`,
          ...(operation.parameters.some(({ name }) => name === 'Idempotency-Key')
            ? { 'idempotency-key': made.idempotencyKey }
            : {}),
          ...(made.body === null ? {} : { 'content-type': 'application/json' }),
        },
        body: made.body,
        kind: 'fits' as const,
      }
    })
}

function write({ path, query, body, ...draft }: Draft): Sent {
  const search = new URLSearchParams(query).toString()
  return {
    ...draft,
    url: search === '' ? path : `${path}?${search}`,
    body: body === null ? null : JSON.stringify(body),
  }
}

/** The ways in which a request differs from what the document says. */
function breaksOf(named: NamedOperation, means: Means): Arbitrary<Break> {
  const { parameters, requestBody } = named.operation
  const isList = parameters.some(({ name }) => name === 'starting_after')
  const breaks: (Arbitrary<Break> | false)[] = [
    breakKey(named.operation.security.length > 1 ? means.noKeys : [...means.noKeys, ...means.lesserKeys]),
    otherMethod,
    parameters.some(({ name }) => name === 'Idempotency-Key') && breakIdempotencyKey,
    named.path.includes('{') && breakPath,
    isList && breakQuery,
    isList && breakQuery,
    requestBody !== undefined && breakText,
    requestBody !== undefined && breakField,
    requestBody !== undefined && breakField,
    requestBody !== undefined && addField,
  ]
  return fc.oneof(...breaks.filter((one) => one !== false))
}

const breakKey = (others: readonly string[]): Arbitrary<Break> =>
  fc
    .oneof(
      fc.constantFrom(...others).map((key) => `Bearer ${key}`),
      fc.constantFrom('', 'Bearer', 'Bearer x', 'Basic c2tfdGVzdDo=', 'Bearer sk_test_é'),
    )
    .map((authorization) => (sent) => ({ ...sent, headers: { ...sent.headers, authorization }, kind: 'broken' }))

const otherMethod: Arbitrary<Break> = fc
  .constantFrom('PUT', 'PATCH', 'DELETE', 'POST', 'GET', 'OPTIONS')
  .map((method) => (sent) => ({ ...sent, method, kind: 'odd' }))

const breakIdempotencyKey: Arbitrary<Break> = fc
  .constantFrom('', '""', 'é', 'x'.repeat(256), '\tx\u007f', null)
  .map((key) => (sent) => {
    const { 'idempotency-key': _left, ...headers } = sent.headers
    return { ...sent, headers: key === null ? headers : { ...headers, 'idempotency-key': key }, kind: 'broken' }
  })

const breakPath: Arbitrary<Break> = fc
  .oneof(
    fc.constantFrom('%00', '%', '%zz', '%c3%28', '..', '%2e%2e', 'x'.repeat(400), '4242424242424242', 'ch_', "'"),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map((text) => encodeURIComponent(text.toWellFormed())),
  )
  .map((part) => (sent) => ({ ...sent, url: sent.url.replace(/[a-z]+_[0-9a-z]{26}[^/?]*/, part), kind: 'odd' }))

const breakQuery: Arbitrary<Break> = fc
  .oneof(
    fc
      .constantFrom('limit', 'starting_after', 'ending_before', 'created_after', 'created_before', 'status', 'type')
      .chain((name) =>
        fc.tuple(fc.constant(name), fc.constantFrom('', '0', '101', '1e1', '\0', 'é', '2026-02-31', '-1')),
      ),
    fc.tuple(fc.constantFrom('stauts', 'q', '__proto__', 'toString', '%', 'limit[]'), fc.constant('1')),
  )
  .map(([name, value]) => (_sent, draft) => ({
    ...write({ ...draft, query: [...draft.query.filter(([known]) => known !== name), [name, value]] }),
    kind: 'broken',
  }))

/** Bodies that are no JSON object, or not one that can be read in one way only. */
const breakText: Arbitrary<Break> = fc.oneof(
  fc
    .constantFrom<(body: string) => string | Buffer>(
      (body) => body.slice(0, -1),
      (body) => `${body}x`,
      (body) => `[${body}]`,
      (body) => `\ufeff${body}`,
      (body) => body.replace('{', '{"amount":1,"amount":2,'),
      () => '{"amount":',
      () => 'null',
      () => '"text"',
      () => `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      () => '{"__proto__":{"amount":1}}',
      () => Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      () => `{"description":"${'x'.repeat(70_000)}"}`,
    )
    .map(
      (change) =>
        (sent: Sent): Sent => ({ ...sent, body: change(String(sent.body)), kind: 'broken' }),
    ),
  fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', 'é/é', '').map(
    (type) =>
      (sent: Sent): Sent => ({
        ...sent,
        headers: { ...sent.headers, 'content-type': type },
        kind: 'odd',
      }),
  ),
)

/** Another value at a field, or none. */
const breakField: Arbitrary<Break> = fc
  .tuple(fc.nat(), fc.oneof(strange, fc.constant(undefined)))
  .map(([at, value]) => (sent, { body }) => {
    const places = listPlaces(body ?? {})
    const place = places[at % Math.max(1, places.length)]
    if (place === undefined) return sent
    return { ...sent, body: writeAt(body ?? {}, place, value), kind: 'odd' }
  })

const addField: Arbitrary<Break> = fc
  .tuple(fc.constantFrom('amout', 'Currency', 'constructor', 'é', '4242424242424242', 'a b', ''), strange)
  .map(([name, value]) => (sent, { body }) => ({
    ...sent,
    body: JSON.stringify({ ...body, [name]: value }),
    kind: 'broken',
  }))

function listPlaces(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inside = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return inside.flatMap(([name, child]) => [[...path, name], ...listPlaces(child, [...path, name])])
}

function writeAt(body: object, path: readonly string[], value: unknown): string {
  const copy = structuredClone(body)
  const parent = path.slice(0, -1).reduce<object>((inside, name) => Reflect.get(inside, name), copy)
  const name = path.at(-1) ?? ''
  if (value === undefined) Reflect.deleteProperty(parent, name)
  else Reflect.set(parent, name, value)
  return JSON.stringify(copy)
}

/** The kinds of ids by the pattern of their field. */
export function prefixOf({ pattern }: Schema): string | null {
  return /^\^\(?([a-z]+)/.exec(pattern ?? '')?.[1] ?? null
}
