import type { IncomingMessage } from 'node:http'
import { type Refusal, refuse } from '../refusal.ts'

/** Headers that decide what a request means; of two, Node keeps the first, joins them, or tells nobody. */
const singleHeaders = ['Host', 'Authorization', 'Idempotency-Key', 'Content-Type'] as const

/**
 * What is wrong with a request's headers: one that decides what it means stands on two lines, so that a proxy before us
 * may have read another than we would; or there is no `Host` (RFC 9112 section 3.2). Null when nothing is.
 */
export function findHeaderFault({ rawHeaders, httpVersion }: IncomingMessage): Refusal | null {
  const lines = new Map<string, number>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    lines.set(name, (lines.get(name) ?? 0) + 1)
  }
  for (const name of singleHeaders) {
    const count = lines.get(name.toLowerCase()) ?? 0
    if (count > 1) return fault(name, `The header ${name} stands more than once, so its meaning is not certain.`)
    if (count === 0 && name === 'Host' && httpVersion === '1.1') return fault(name, 'The header Host is missing.')
  }
  return null
}

function fault(name: string, what: string): Refusal {
  return refuse('malformed_http', { param: name, detail: `${what} Send it once.` })
}
