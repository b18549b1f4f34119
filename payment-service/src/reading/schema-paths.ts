/** The names of the fields that the schema has at a path, through lists and alternatives. */
export function namesAt(schema: unknown, path: readonly string[]): string[] {
  return nodesAt(schema, path).flatMap(({ properties }) => Object.keys(properties ?? {}))
}

/** What the schema says of a path, through lists and alternatives. */
export function nodesAt(schema: unknown, path: readonly string[]): Node[] {
  const here = alternativesOf(schema)
  const [name, ...rest] = path
  if (name === undefined) return here
  return here.flatMap(({ properties, items }) =>
    nodesAt(Object.hasOwn(properties ?? {}, name) ? properties?.[name] : items, rest),
  )
}

type Node = { properties?: Record<string, unknown>; items?: unknown; anyOf?: readonly unknown[] }
function alternativesOf(schema: unknown): Node[] {
  if (typeof schema !== 'object' || schema === null) return []
  const node: Node = schema
  return [node, ...(node.anyOf ?? []).flatMap(alternativesOf)]
}

/** What was sent at a path; undefined when nothing was. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inside, name) =>
      typeof inside === 'object' && inside !== null && Object.hasOwn(inside, name)
        ? Reflect.get(inside, name)
        : undefined,
    value,
  )
}
