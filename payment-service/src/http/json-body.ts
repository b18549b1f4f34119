import { isUtf8 } from 'node:buffer'
import { refuse } from '../refusal.ts'
import { RefusalError } from './problems.ts'

/**
 * Reads a JSON body strictly: UTF-8, an object, no text that PostgreSQL cannot store. The parser's own message is
 * replaced, because it quotes the input.
 */
export function parseJsonBody(body: Buffer): Record<string, unknown> {
  if (!isUtf8(body)) throw new RefusalError(refuse('malformed_json'))
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new RefusalError(refuse('malformed_json'))
  }
  if (!isPlainObject(value)) throw new RefusalError(refuse('malformed_json'))
  const unstorable = findUnstorableText(value, [])
  if (unstorable !== null) {
    throw new RefusalError(refuse('parameter_invalid', { param: unstorable, detail: `${unstorable} holds a NUL or a half of a surrogate pair, which is not text.` }))
  }
  return value
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function findUnstorableText(value: unknown, path: string[]): string | null {
  if (path.length > 32) throw new RefusalError(refuse('malformed_json'))
  if (typeof value === 'string') return value.includes('\u0000') || !value.isWellFormed() ? path.join('.') : null
  if (typeof value !== 'object' || value === null) return null
  for (const [name, child] of Object.entries(value)) {
    // A name like __proto__ is data to JSON, and a trap to JavaScript.
    if (name === '__proto__' || name.includes('\u0000') || !name.isWellFormed()) throw new RefusalError(refuse('parameter_unknown'))
    const found = findUnstorableText(child, [...path, name])
    if (found !== null) return found
  }
  return null
}
