import { isUtf8 } from 'node:buffer'
import { parseStrictJson } from '../reading/strict-json.ts'
import { isRefusal, refuse } from '../refusal.ts'
import { RefusalError } from './problems.ts'

/**
 * Reads the JSON body of a request; throws a RefusalError for anything else than one object in UTF-8.
 *
 * @param text `storable` refuses a NUL and half surrogate pairs, which PostgreSQL cannot keep; `any` lets them pass.
 */
export function parseJsonBody(body: Buffer, text: 'storable' | 'any'): Record<string, unknown> {
  if (!isUtf8(body)) throw new RefusalError(refuse('malformed_json'))
  const read = parseStrictJson(body.toString('utf8'), text)
  if (isRefusal(read)) throw new RefusalError(read)
  return read.value as Record<string, unknown>
}
