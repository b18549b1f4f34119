import { type Refusal, refuse } from '../refusal.ts'
import { nameField } from './explain-validation.ts'

/** Deeper than this nothing honest is nested. */
const maxDepth = 32

/**
 * Reads a JSON text strictly: an object, and (unless `any` is accepted) no text in it that PostgreSQL cannot store. The parser's own message is
 * replaced, because it quotes the input.
 */
export function parseStrictJson(
  text: string,
  accept: 'storable' | 'any' = 'storable',
): { value: Record<string, unknown> } | Refusal {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('malformed_json')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('malformed_json')
  return (accept === 'storable' ? findFault(value, []) : null) ?? { value: value as Record<string, unknown> }
}

function findFault(value: unknown, path: string[]): Refusal | null {
  if (path.length > maxDepth) return refuse('malformed_json', { detail: 'The body is nested too deeply.' })
  if (typeof value === 'string') {
    const param = nameField(path)
    return isStorable(value)
      ? null
      : refuse('parameter_invalid', {
          param,
          detail: `${param} holds a NUL or half of a surrogate pair, which is not text.`,
        })
  }
  if (typeof value !== 'object' || value === null) return null
  for (const [name, child] of Object.entries(value)) {
    // A name like __proto__ is data to JSON, and a trap to JavaScript.
    if (name === '__proto__' || !isStorable(name)) return refuse('parameter_unknown')
    const fault = findFault(child, [...path, name])
    if (fault !== null) return fault
  }
  return null
}

function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed()
}
