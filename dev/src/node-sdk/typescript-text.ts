/** JSON Schema, as TypeBox writes it, as the text of TypeScript types in this repository’s own format. */

export type Schema = {
  type?: string
  const?: unknown
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  items?: Schema
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  patternProperties?: Readonly<Record<string, Schema>>
  description?: string
}

/** The name of a schema that has one. */
export type NameOf = (schema: Schema) => string | undefined

/** As the repository’s formatter has it. */
export const lineWidth = 120
const simple: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
}
const literal = (value: unknown) => (typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : String(value))

/** The parts of a type’s union, in the schema’s order. */
export function partsOf(schema: Schema, nameOf: NameOf, depth: number): string[] {
  const name = nameOf(schema)
  if (name !== undefined) return [name]
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((part) => partsOf(part, nameOf, depth))
  if (schema.enum !== undefined) return schema.enum.map(literal)
  if (schema.const !== undefined) return [literal(schema.const)]
  if (schema.type === 'array' && schema.items !== undefined) {
    const parts = partsOf(schema.items, nameOf, depth)
    return [parts.length === 1 ? `${parts[0]}[]` : `(${parts.join(' | ')})[]`]
  }
  if (schema.patternProperties !== undefined) {
    const [values = {}] = Object.values(schema.patternProperties)
    return [`Record<string, ${partsOf(values, nameOf, depth).join(' | ')}>`]
  }
  if (schema.properties !== undefined) return [`{\n${describeFields(schema, nameOf, depth + 1)}${indent(depth)}}`]
  const text = simple[schema.type ?? '']
  if (text === undefined) throw new Error(`No TypeScript for the schema ${JSON.stringify(schema).slice(0, 200)}`)
  return [text]
}

/**
 * The fields of an object, each with its description.
 *
 * @param only which of them; all without it.
 */
export function describeFields(
  schema: Schema,
  nameOf: NameOf,
  depth: number,
  only: (field: string) => boolean = () => true,
): string {
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties ?? {})
    .filter(([field]) => only(field))
    .map(([field, value]) => {
      const parts = partsOf(value, nameOf, depth)
      // With `undefined`, so that a program may pass on what it may not have, whatever its compiler’s settings.
      const text = required.has(field) ? parts : [...parts, 'undefined']
      return describe(value, depth) + describeField(`${field}${required.has(field) ? '' : '?'}`, text, depth)
    })
    .join('')
}

/** A field, its union a part on each line where one line is too short for it. */
export function describeField(name: string, parts: readonly string[], depth: number): string {
  const line = `${indent(depth)}${name}: ${parts.join(' | ')}\n`
  if (line.length <= lineWidth + 1 || parts.some((part) => part.includes('\n'))) return line
  return `${indent(depth)}${name}:\n${parts.map((part) => `${indent(depth + 1)}| ${part}\n`).join('')}`
}

/** `export type …`, its union a part on each line where one line is too short for it. */
export function union(name: string, parts: readonly string[]): string {
  const line = `export type ${name} = ${parts.join(' | ')}\n`
  return line.length <= lineWidth + 1 ? line : `export type ${name} =\n${parts.map((part) => `  | ${part}\n`).join('')}`
}

export function describe(schema: Schema, depth: number): string {
  if (schema.type === 'null') return ''
  // A nullable field’s description stands on the schema inside, with the words for null outside.
  const said = schema.description ?? schema.anyOf?.find(({ description }) => description)?.description
  return said === undefined ? '' : `${indent(depth)}/** ${said.replaceAll('*/', '*\\/')} */\n`
}

export const indent = (depth: number) => '  '.repeat(depth)
