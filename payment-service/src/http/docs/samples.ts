import type { OpenApi } from '../openapi.ts'
import type { Operation } from '../openapi-operation.ts'
import type { SchemaNode, Schemas } from './schemas.ts'

export type Endpoint = { method: string; path: string; operation: Operation }

/** Every operation of the document, in its order. */
export function listEndpoints({ paths }: OpenApi): Endpoint[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
}

/** The example of a request's body; null when there is none. */
export function exampleBody(schemas: Schemas, { operation }: Endpoint): unknown {
  const content = operation.requestBody?.content['application/json']
  return content === undefined ? null : schemas.exampleOf(content.schema, true)
}

/** The path with the examples of its ids. */
export function examplePath({ path, operation }: Endpoint): string {
  return path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => exampleOf(operation, name))
}

function exampleOf(operation: Operation, name: string): string {
  const { schema } = operation.parameters.find((parameter) => parameter.name === name) ?? { schema: {} }
  return String((schema as SchemaNode).examples?.[0] ?? '')
}

/** The request as a shell sends it. */
export function writeCurl(schemas: Schemas, endpoint: Endpoint, api: string): string {
  const { method, operation } = endpoint
  const body = exampleBody(schemas, endpoint)
  const byCertificate = operation.security.some((by) => 'client_certificate' in by)
  const key = operation.security.some((by) => 'publishable_key' in by) ? 'PUBLISHABLE' : 'SECRET'
  const lines = [
    `curl ${operation.servers?.[0]?.url ?? api}${examplePath(endpoint)}`,
    ...(method === 'GET' || method === 'POST' ? [] : [`-X ${method}`]),
    ...(byCertificate ? ['--cert client.pem --key client.key --cacert ca.pem'] : []),
    `-H "Authorization: Bearer $FINCORE_${key}_KEY"`,
    ...(operation.parameters.some(({ name }) => name === 'Idempotency-Key')
      ? ['-H "Idempotency-Key: key-$(date +%s)-$RANDOM"']
      : []),
    ...(body === null ? [] : [`-H "Content-Type: application/json"`, `-d '${JSON.stringify(body, null, 2)}'`]),
  ]
  return lines.join(' \\\n  ')
}

/** The same by `@fincore/node`; null for what a browser asks. */
export function writeNode(schemas: Schemas, endpoint: Endpoint): string | null {
  const { path, method, operation } = endpoint
  if (operation.tags[0] === 'Browser') return null
  const [collection = '', ...rest] = path.replace(/^\/(v1\/)?/, '').split('/')
  const parts = rest.filter((part) => !part.startsWith('{'))
  const ids = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => `'${exampleOf(operation, name)}'`)
  const resource = `fincore.${toCamelCase(collection)}`
  const example = exampleBody(schemas, endpoint)
  const body = example === null || JSON.stringify(example) === '{}' ? [] : [writeLiteral(example)]
  const isList = method === 'GET' && !path.endsWith('}')
  const called = nameCall(method, parts.at(-1), ids.length, path.endsWith('}'))
  const call = `${resource}.${called}(${[...ids, ...body].join(', ')})`
  const filter = operation.parameters.find(({ name }) => name === 'status')
  const [status] = (filter?.schema as SchemaNode | undefined)?.enum ?? []
  if (!isList) return `const answer = await ${call}`
  const asked = status === undefined ? ids : [...ids, `{ status: '${status}' }`]
  return `for await (const one of ${resource}.${called}(${asked.join(', ')})) {\n  console.log(one.id)\n}`
}

/**
 * The SDK's names follow the API's: `/capture` is `capture`; of what stands below an object, `/deliveries` is
 * `listDeliveries`, and `/deliveries/{delivery}` is `getDelivery`.
 */
function nameCall(method: string, below: string | undefined, idCount: number, isOfOne: boolean): string {
  if (below === undefined) {
    if (method === 'POST') return 'create'
    if (method === 'PATCH') return 'update'
    if (method === 'DELETE') return 'delete'
    return idCount === 0 ? 'list' : 'get'
  }
  if (method !== 'GET') return toCamelCase(below)
  return toCamelCase(isOfOne ? `get_${below.replace(/ies$/, 'y').replace(/s$/, '')}` : `list_${below}`)
}

const toCamelCase = (name: string) => name.replaceAll(/_(\w)/g, (_match, letter: string) => letter.toUpperCase())

/** JSON as JavaScript would be written. */
function writeLiteral(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replaceAll(/^(\s*)"(\w+)":/gm, '$1$2:')
    .replaceAll(/"((?:[^"\\]|\\.)*)"/g, (_match, text: string) => `'${text.replaceAll("'", "\\'")}'`)
}
