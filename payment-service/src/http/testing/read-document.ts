import assert from 'node:assert/strict'
import type { OpenApi } from '../openapi.ts'
import type { Operation } from '../openapi-operation.ts'

/** JSON Schema, as far as the document uses it. */
export type Schema = {
  type?: string
  description?: string
  examples?: unknown[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  additionalProperties?: unknown
  required?: string[]
  items?: Schema
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  maxProperties?: number
}
export type NamedOperation = { method: string; path: string; operation: Operation }
export type ReadDocument = {
  operations: Map<string, NamedOperation>
  /** The schema with every reference replaced by what it refers to. */
  resolve(schema: object): Schema
}

export function readDocument(document: OpenApi): ReadDocument {
  const operations = new Map<string, NamedOperation>()
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods))
      operations.set(operation.operationId, { method: method.toUpperCase(), path, operation })
  const { schemas } = document.components as { schemas: Record<string, object> }
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    if ('$ref' in value)
      return resolve(schemas[String(value.$ref).split('/').at(-1) ?? ''] ?? assert.fail(`no ${value.$ref}`))
    return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, resolve(inside)]))
  }
  return { operations, resolve: (schema) => resolve(schema) as Schema }
}

/** The schema without room for a field that it does not name. What narrows another schema, in `allOf`, is left as it is. */
export function close(value: unknown): Schema {
  if (Array.isArray(value)) return value.map(close) as Schema
  if (typeof value !== 'object' || value === null) return value as unknown as Schema
  const inside = Object.entries(value).map(([key, child]) => [
    key,
    key === 'allOf' ? [close(child[0]), ...child.slice(1)] : close(child),
  ])
  return Object.fromEntries('properties' in value ? [['additionalProperties', false], ...inside] : inside)
}
