import type { Finding, Read } from './explain-validation.ts'
import { nodesAt, valueAt } from './schema-paths.ts'

/**
 * The field that says of which kind an object is, such as `type`, when it names a kind that this request does not take:
 * which fields are missing depends on it, so it is told first.
 */
export function findWrongKind(path: readonly string[], { schema, value }: Read): Finding | null {
  const kinds = new Map<string, unknown[]>()
  for (const { properties } of nodesAt(schema, path))
    for (const [name, field] of Object.entries(properties ?? {})) {
      if (typeof field !== 'object' || field === null || !('const' in field)) continue
      kinds.set(name, [...(kinds.get(name) ?? []), field.const])
    }
  for (const [name, allowedValues] of kinds) {
    const sent = valueAt(value, [...path, name])
    if (sent === undefined || allowedValues.includes(sent)) continue
    const [allowedValue, another] = allowedValues
    const at = { instancePath: ['', ...path, name].join('/') }
    return another === undefined
      ? { ...at, keyword: 'const', params: { allowedValue } }
      : { ...at, keyword: 'enum', params: { allowedValues } }
  }
  return null
}
