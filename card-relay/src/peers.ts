import { isIPv6 } from 'node:net'

/** A socket that listens on IPv6 gives IPv4 peers as `::ffff:192.0.2.1`. */
export function normaliseAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

/**
 * Whose share of a bound an address counts to: an IPv4 address itself, and of an IPv6 address the first 64 bits, since
 * whoever has one address of such a network has them all.
 */
export function namePeer(text: string): string {
  const address = normaliseAddress(text)
  if (!isIPv6(address)) return address
  const [front = '', back] = (address.split('%')[0] ?? '').split('::')
  const head = splitGroups(front)
  const tail = splitGroups(back ?? '')
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  return [...head, ...zeros, ...tail]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

function splitGroups(text: string): string[] {
  return text.split(':').filter((group) => group !== '')
}
