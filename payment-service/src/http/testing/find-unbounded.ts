import { Check } from 'typebox/value'
import type { OpenApi } from '../openapi.ts'
import { type ReadDocument, readDocument, type Schema } from './read-document.ts'

/**
 * What in the document a reader would have to guess: a field or a parameter without a description, a value without an
 * example (or with one that does not fit), a text, number or list without a bound.
 */
export function findUnbounded(document: OpenApi): string[] {
  const { resolve } = readDocument(document)
  const found: string[] = []
  const look = (schema: Schema, at: string) => found.push(...listFaults(schema, at))
  const { schemas } = document.components as { schemas: Record<string, object> }
  for (const [name, schema] of Object.entries(schemas)) look(resolve(schema), name)
  const webhooks = document.webhooks as Record<string, Record<string, { parameters: Described[] }>>
  for (const methods of [...Object.values(document.paths), ...Object.values(webhooks)])
    for (const { parameters, ...operation } of Object.values(methods)) {
      for (const { name, description, schema } of parameters) look({ ...resolve(schema), description }, name)
      for (const header of listHeaders(operation, resolve)) look(header.schema, header.name)
    }
  return [...new Set(found)]
}

type Described = { name: string; description: string; schema: object }

function listHeaders(operation: object, resolve: ReadDocument['resolve']): { name: string; schema: Schema }[] {
  const { responses = {} } = operation as { responses?: Record<string, { headers?: Record<string, Described> }> }
  return Object.values(responses).flatMap(({ headers = {} }) =>
    Object.entries(headers).map(([name, { description, schema }]) => ({
      name,
      schema: { ...resolve(schema), description },
    })),
  )
}

function listFaults(schema: Schema, at: string): string[] {
  // A value that may be null is described, shown and bounded by what it is otherwise.
  const alternatives = schema.anyOf?.filter(({ type }) => type !== 'null') ?? []
  if (alternatives.length > 0) {
    const said = schema.description ?? (alternatives.length === 1 ? alternatives[0]?.description : undefined)
    return [
      ...(said === undefined ? [`${at} has no description`] : []),
      ...alternatives.flatMap((one) => listFaults({ ...one, description: one.description ?? said ?? '' }, at)),
    ]
  }
  const faults = [...((schema.description?.length ?? 0) > 3 ? [] : ['has no description']), ...faultsOfValue(schema)]
  return [
    ...faults.map((fault) => `${at} ${fault}`),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => listFaults(field, `${at}.${name}`)),
    ...(schema.items === undefined ? [] : faultsOfItem(schema.items, at)),
  ]
}

/** What stands in a list is described by the list. */
function faultsOfItem(item: Schema, at: string): string[] {
  if (item.properties !== undefined || item.anyOf !== undefined)
    return listFaults({ ...item, description: item.description ?? 'An entry of the list.' }, `${at}[]`)
  return isBounded(item) ? [] : [`${at}[] has no bound`]
}

function faultsOfValue(schema: Schema): string[] {
  if (schema.properties !== undefined || (schema.type === 'object' && schema.patternProperties === undefined)) return []
  const [example] = schema.examples ?? []
  return [
    ...(example === undefined ? ['has no example'] : []),
    ...(example !== undefined && !Check(schema, example) ? ['has an example that does not fit'] : []),
    ...(isBounded(schema) ? [] : ['has no bound']),
  ]
}

function isBounded(schema: Schema): boolean {
  if (schema.const !== undefined || schema.enum !== undefined) return true
  if (schema.type === 'string') return [schema.maxLength, schema.pattern, schema.format].some((x) => x !== undefined)
  if (schema.type === 'integer') return schema.minimum !== undefined && schema.maximum !== undefined
  if (schema.type === 'array') return schema.maxItems !== undefined
  if (schema.patternProperties !== undefined)
    return schema.maxProperties !== undefined && Object.values(schema.patternProperties).every(isBounded)
  return schema.type === 'boolean' || schema.type === 'null'
}
