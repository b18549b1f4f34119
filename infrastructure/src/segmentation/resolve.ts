import type { Resource, Templates } from '../checks/template.ts'

/** A resource of any stack, with its references replaced by the ids of what they name. */
export type Resolved = { id: string; type: string; properties: Properties }
export type Properties = Record<string, unknown>

type Reference = { Ref?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::ImportValue'?: string }

/**
 * Reads the resources of all stacks as one system. An id is `stack/logical id`; a reference becomes the id of its resource,
 * whichever attribute it takes, and whatever function is around it: for who reaches whom that is enough.
 */
export function resolveTemplates(templates: Templates): Resolved[] {
  const exported = new Map(
    Object.entries(templates).flatMap(([stack, { Outputs = {} }]) =>
      Object.values(Outputs).flatMap(({ Value, Export }) =>
        Export ? [[Export.Name, { stack, value: Value }] as const] : [],
      ),
    ),
  )
  function resolve(stack: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => resolve(stack, one))
    if (typeof value !== 'object' || value === null) return value
    const reference = value as Reference
    if (reference.Ref !== undefined) return `${stack}/${reference.Ref}`
    if (reference['Fn::GetAtt']) return `${stack}/${reference['Fn::GetAtt'][0]}`
    if (reference['Fn::ImportValue'] !== undefined) {
      const found = exported.get(reference['Fn::ImportValue'])
      if (!found) throw new Error(`No stack exports ${reference['Fn::ImportValue']}`)
      return resolve(found.stack, found.value)
    }
    const [[key, inner] = ['', undefined], ...others] = Object.entries(value)
    // Fn::Select and Fn::Split pick a part of what one resource gives; Fn::Join makes a text around it.
    if (others.length === 0 && key.startsWith('Fn::')) return findReferences(resolve(stack, inner))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolve(stack, one)]))
  }
  return Object.entries(templates).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(([logicalId, { Type, Properties = {} }]: [string, Resource]) => ({
      id: `${stack}/${logicalId}`,
      type: Type,
      properties: resolve(stack, Properties) as Properties,
    })),
  )
}

/** The resources in what a function was given: one id, or the list of several. */
function findReferences(value: unknown): unknown {
  const found = [value].flat(9).filter((one) => typeof one === 'string' && /^[a-z]+\/\w+$/.test(one))
  return found.length > 1 ? found : found[0]
}
