import ipaddr from 'ipaddr.js'
import type { Vault } from '../secrets.ts'

/**
 * One IPv4 or IPv6 address; null for anything else. Of IPv4 the plain form alone: `010.0.0.1` is another address for
 * every reader. Of IPv6 without a zone.
 */
export function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const isPlain = ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !text.includes('%'))
  return isPlain ? ipaddr.process(text) : null
}

/**
 * A shopper's address as it is counted: an IPv4 address, or the /64 of an IPv6 one, because one connection has all of
 * it. Null for what is no address.
 */
export function readShopperAddress(text: string): { counted: string; network: string } | null {
  const address = readAddress(text)
  if (address === null) return null
  if (address.kind() === 'ipv4') {
    const parts = address.toString().split('.')
    return { counted: parts.join('.'), network: `${parts.slice(0, 3).join('.')}.0/24` }
  }
  const groups = (address as ipaddr.IPv6).parts.map((part) => part.toString(16))
  return { counted: `${groups.slice(0, 4).join(':')}::/64`, network: `${groups.slice(0, 3).join(':')}::/48` }
}

/**
 * How an address is written down, in memory and in rows: its network (/24, /48) for people to see, and a keyed digest
 * that stands for it at this merchant. Nobody can tell the address by it, and who asks for an address finds its rows.
 */
export function writeDownAddress(vault: Vault, merchantId: string, address: string): string | null {
  const read = readShopperAddress(address)
  return read === null ? null : `${read.network} ${vault.pseudonym(read.counted, merchantId)}`
}

/** Where no shopper comes from: the machine itself, and networks behind somebody's own router or proxy. */
const insideRanges: readonly string[] = [
  'unspecified',
  'loopback',
  'private',
  'uniqueLocal',
  'linkLocal',
  'carrierGradeNat',
]

/**
 * Whether an address lies inside a network, so that it is a proxy's and the same for all shoppers. Whoever tests cards
 * would have all of them blocked, by the rule that is meant for one. Of an address that can be read.
 */
export function isInside(address: string): boolean {
  return insideRanges.includes(ipaddr.process(address).range())
}
