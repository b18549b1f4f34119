import { isIPv6 } from 'node:net'

/** A socket that listens on IPv6 gives IPv4 peers as `::ffff:192.0.2.1`. */
export const normaliseAddress = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '')

/**
 * Whose share of a bound an address counts to: an IPv4 address itself, and of an IPv6 address the first 64 bits, since
 * whoever has one address of such a network has them all.
 */
export function namePeer(text: string): string {
  const address = normaliseAddress(text).replace(/%.*$/, '')
  if (!isIPv6(address)) return address
  const zeros = '0:'.repeat(8 - (address.match(/[^:]+/g) ?? []).length)
  return address.replace('::', `:${zeros}:`).split(':').filter(Boolean).slice(0, 4).join(':')
}

/** Places of which there are only so many, and of which one peer may hold only so many. */
export function makePlaces(most: number, mostPerPeer = most) {
  const taken = new Map<string, number>()
  let all = 0
  /** Takes a place that is given back when `using` ends; null when there is none for this peer. */
  return (peer: string): Disposable | null => {
    const count = (by: number) => {
      all += by
      taken.set(peer, (taken.get(peer) ?? 0) + by)
      if (taken.get(peer) === 0) taken.delete(peer)
    }
    if (all >= most || (taken.get(peer) ?? 0) >= mostPerPeer) return null
    count(1)
    return { [Symbol.dispose]: () => count(-1) }
  }
}
