import { type Refusal, refuse } from '../refusal.ts'
import { nameField } from './explain-validation.ts'

/** Deeper than this nothing honest is nested. */
const maxDepth = 32

/**
 * Reads a JSON text strictly: an object, no key twice in it or in any object within, and (unless `any` is accepted) no
 * text that PostgreSQL cannot store. The parser's own message is replaced, because it quotes the input.
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
  const walk = { keys: 0, accept }
  const fault = findFault(value, [], walk)
  if (fault !== null) return fault
  // Of two equal keys the parser keeps the last, so fewer are read than were written (RFC 8259 section 4).
  if (walk.keys < countColons(text)) {
    const detail = 'An object has the same key twice, so its meaning is not certain. Send each key once.'
    return refuse('malformed_json', { detail })
  }
  return { value: value as Record<string, unknown> }
}

/** @param walk its `keys` are counted up by those of all objects. */
function findFault(value: unknown, path: string[], walk: { keys: number; accept: 'storable' | 'any' }): Refusal | null {
  if (path.length > maxDepth) return refuse('malformed_json', { detail: 'The body is nested too deeply.' })
  const isAccepted = (text: string) => walk.accept === 'any' || isStorable(text)
  if (typeof value === 'string') {
    const param = nameField(path)
    return isAccepted(value)
      ? null
      : refuse('parameter_invalid', {
          param,
          detail: `${param} holds a NUL or half of a surrogate pair, which is not text.`,
        })
  }
  if (typeof value !== 'object' || value === null) return null
  const isList = Array.isArray(value)
  for (const [name, child] of Object.entries(value)) {
    if (!isList) walk.keys++
    // A name like __proto__ is data to JSON, and a trap to JavaScript.
    if (name === '__proto__' || !isAccepted(name)) return refuse('parameter_unknown')
    const fault = findFault(child, [...path, name], walk)
    if (fault !== null) return fault
  }
  return null
}

/** How many keys were written in a valid JSON text: each has one colon, and no other colon stands outside of strings. */
function countColons(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign === 0x3a) count++
    if (sign !== 0x22) continue
    // To the string's end.
    for (at++; text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++
  }
  return count
}

function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed()
}
