import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type NotificationRequestItem, readText } from './wire.ts'

/**
 * Whether one of the keys signed this item: HMAC-SHA256, base64, over these eight fields joined by colons, empty ones
 * included and nothing escaped (Adyen, “Verify HMAC signatures”, and its libraries' HmacValidator). Neither the time nor
 * the rest of the item is signed. A colon in more than one of them could be another's, so that one signature would stand
 * for several items; only the merchant's own reference may have one.
 */
export function isSigned(item: NotificationRequestItem, keys: readonly Buffer[]): boolean {
  const isUnequivocal = [item.pspReference, item.originalReference, item.amount.currency].every(
    (field) => !field?.includes(':'),
  )
  if (!isUnequivocal) return false
  const given = Buffer.from(readText(item.additionalData, 'hmacSignature') ?? '', 'base64')
  const text = [
    item.pspReference,
    item.originalReference ?? '',
    item.merchantAccountCode,
    item.merchantReference,
    item.amount.value,
    item.amount.currency,
    item.eventCode,
    item.success,
  ].join(':')
  return keys
    .map((key) => createHmac('sha256', key).update(text, 'utf8').digest())
    .map((expected) => expected.length === given.length && timingSafeEqual(expected, given))
    .includes(true)
}

/** Whether a request has this user's name and password (RFC 7617). Compared as digests: lengths tell nothing. */
export function isAuthenticated(header: unknown, { user, password }: { user: string; password: string }): boolean {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return timingSafeEqual(digest(typeof header === 'string' ? header : ''), digest(expected))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
