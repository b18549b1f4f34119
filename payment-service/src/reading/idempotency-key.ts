import { type Refusal, refuse } from '../refusal.ts'

/**
 * Reads `Idempotency-Key`: 1 to 255 printable ASCII characters, bare or as the quoted string of the IETF draft
 * (draft-ietf-httpapi-idempotency-key-header). Both spellings of one key are the same key.
 */
export function readIdempotencyKey(header: string | string[] | undefined | null): { key: string } | Refusal {
  if (header === undefined || header === null) return refuse('idempotency_key_required')
  const text = Array.isArray(header) ? '' : header.trim()
  const quoted = text.length >= 2 && text.startsWith('"') && text.endsWith('"')
  const key = quoted ? text.slice(1, -1).replaceAll(/\\(["\\])/g, '$1') : text
  return /^[\x20-\x7e]{1,255}$/.test(key) ? { key } : refuse('idempotency_key_invalid')
}
