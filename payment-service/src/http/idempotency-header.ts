import { refuse } from '../refusal.ts'
import { RefusalError } from './problems.ts'

/**
 * Reads `Idempotency-Key`: 1 to 255 printable ASCII characters, bare or as the quoted string of the IETF draft
 * (draft-ietf-httpapi-idempotency-key-header). Both spellings of one key are the same key.
 */
export function readIdempotencyKey(header: string | string[] | undefined | null): string {
  if (header === undefined || header === null) throw new RefusalError(refuse('idempotency_key_required'))
  const text = Array.isArray(header) ? '' : header.trim()
  const bare = text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1') : text
  if (!/^[\x20-\x7e]{1,255}$/.test(bare)) throw new RefusalError(refuse('idempotency_key_invalid'))
  return bare
}
