import type { OpenApi } from '../openapi.ts'

/** JSON Schema as openapi.json writes it. */
export type SchemaNode = {
  $ref?: string
  type?: string
  format?: string
  description?: string
  examples?: readonly unknown[]
  const?: unknown
  enum?: readonly unknown[]
  default?: unknown
  anyOf?: readonly SchemaNode[]
  properties?: Readonly<Record<string, SchemaNode>>
  patternProperties?: Readonly<Record<string, SchemaNode>>
  required?: readonly string[]
  items?: SchemaNode
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  maxItems?: number
  maxProperties?: number
}

/** What a field holds when it is not null; and, where only some states of its object have it, which. */
type Reading = { value: SchemaNode; mayBeNull: boolean; ofStatuses: readonly string[] }

export type Schemas = ReturnType<typeof readSchemas>

/** The named schemas of the document, for the pages: references are followed, and alternatives laid beside each other. */
export function readSchemas({ components }: OpenApi, addresses: Readonly<Record<string, string>>) {
  const { schemas: named } = components as { schemas: Record<string, SchemaNode> }
  const nameOf = ({ $ref }: SchemaNode): string | null => $ref?.split('/').at(-1) ?? null
  const follow = (schema: SchemaNode): SchemaNode => named[nameOf(schema) ?? ''] ?? schema
  const isNull = ({ type }: SchemaNode) => type === 'null'
  /** An object in all its states: every field that one of them has, and where only some have it, which. */
  const merge = (schema: SchemaNode): SchemaNode => {
    const { anyOf, ...whole } = follow(schema)
    const states = (anyOf ?? []).map(follow)
    const [first, ...others] = states
    if (first?.properties === undefined || others.some(({ properties }) => properties === undefined))
      return { ...whole, ...(anyOf === undefined ? {} : { anyOf }) }
    const properties = Object.fromEntries(
      Object.keys(first.properties).map((name) => [name, mergeField(name, states)] as const),
    )
    return { ...whole, properties, required: first.required ?? [] }
  }
  const statusOf = (state: SchemaNode) => String(state.properties?.status?.const ?? '')
  const mergeField = (name: string, states: readonly SchemaNode[]): SchemaNode => {
    const fields = states.map((state) => state.properties?.[name] ?? {})
    const [first = {}] = fields
    if (name === 'status')
      return {
        type: 'string',
        enum: states.map(statusOf),
        description: states.map((state) => `\`${statusOf(state)}\`: ${state.description ?? ''}`).join(' '),
      }
    if (fields.every((field) => JSON.stringify(field) === JSON.stringify(first))) return first
    const having = states.filter((_state, index) => !isNull(fields[index] ?? {}))
    const [field = {}] = fields.filter((one) => !isNull(one))
    return { ...field, ...{ ofStatuses: having.map(statusOf) } }
  }
  return {
    named,
    nameOf,
    follow,
    merge,
    /** Where a named object is explained; null for one that is explained where it stands. */
    addressOf: (name: string): string | null => addresses[name] ?? null,
    read(field: SchemaNode): Reading {
      const { ofStatuses = [] } = field as { ofStatuses?: readonly string[] }
      const alternatives = follow(field).anyOf ?? []
      const values = alternatives.filter((one) => !isNull(one))
      const isNullable = values.length === 1 && values.length < alternatives.length
      const value = isNullable ? (values[0] ?? field) : field
      return {
        value: { ...follow(value), ...(value.$ref === undefined ? {} : { $ref: value.$ref }) },
        mayBeNull: isNullable,
        ofStatuses,
      }
    },
    /** The objects inside a value: itself, those of a list, or its alternatives. */
    insideOf(value: SchemaNode): readonly SchemaNode[] {
      if (value.$ref !== undefined && follow(value).properties !== undefined) return [value]
      if (value.properties !== undefined) return [value]
      if (value.items !== undefined) return this.insideOf(value.items)
      return (value.anyOf ?? []).filter(
        (one) => follow(one).properties !== undefined || follow(one).anyOf !== undefined,
      )
    },
    /** A whole value, made of the examples; of a request, with what must be there, or when nothing must, with all. */
    exampleOf(schema: SchemaNode, onlyRequired = false): unknown {
      const known = follow(schema)
      if (known.properties === undefined) {
        if (known.examples?.[0] !== undefined) return known.examples[0]
        if (known.const !== undefined) return known.const
        const [first] = (known.anyOf ?? []).filter((one) => statusOf(follow(one)) !== 'processing')
        return first === undefined ? null : this.exampleOf(pickState(known.anyOf ?? [], first, follow), onlyRequired)
      }
      const { required = [] } = known
      const names = Object.keys(known.properties).filter(
        (name) => !onlyRequired || required.length === 0 || required.includes(name),
      )
      return Object.fromEntries(
        names.map((name) => [name, this.exampleOf(known.properties?.[name] ?? {}, onlyRequired)]),
      )
    },
  }
}

/** A charge is shown as most end. */
function pickState(
  all: readonly SchemaNode[],
  otherwise: SchemaNode,
  follow: (schema: SchemaNode) => SchemaNode,
): SchemaNode {
  return all.find((one) => follow(one).properties?.status?.const === 'captured') ?? otherwise
}
