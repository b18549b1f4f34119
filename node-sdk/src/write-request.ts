import { randomUUID } from 'node:crypto'
import { usage } from './options.ts'
import { version } from './version.ts'

const userAgent = `fincore-node/${version} node/${process.versions.node}`

/** The caller’s own key for the request, or a new one. */
export function chooseKey(key: string | undefined, cardNumber: string | undefined): string {
  if (key === undefined) return randomUUID()
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key) || key.trim() !== key)
    throw usage('idempotencyKey must have 1 to 255 printable ASCII characters.')
  if (cardNumber !== undefined && cardNumber !== '' && key.includes(cardNumber))
    throw usage('idempotencyKey must not hold the card’s number: it is stored.')
  return key
}

export function writeHeaders(
  secretKey: string,
  idempotencyKey: string | null,
  hasBody: boolean,
): Record<string, string> {
  return {
    authorization: `Bearer ${secretKey}`,
    accept: 'application/json',
    'user-agent': userAgent,
    ...(hasBody && { 'content-type': 'application/json' }),
    ...(idempotencyKey !== null && { 'idempotency-key': idempotencyKey }),
  }
}

export function writeBody(body: object | undefined): string | null {
  if (body === undefined) return null
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw usage('The parameters must be an object.')
  try {
    return JSON.stringify(body)
  } catch {
    throw usage('The parameters cannot be written as JSON: is there a BigInt, or an object inside itself?')
  }
}

export function writeQuery(query: object | undefined): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value instanceof Date && Number.isNaN(value.getTime())) throw usage(`${name} is no time.`)
    if (value !== undefined) given.set(name, value instanceof Date ? value.toISOString() : String(value))
  }
  return given.size === 0 ? '' : `?${given}`
}
