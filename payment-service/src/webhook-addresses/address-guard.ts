import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** What `ALLOW_LOOPBACK_WEBHOOKS` opens: 127.0.0.0/8 and ::1 for development, and nothing else. */
export type AddressPolicy = { allowLoopback: boolean }

/** The judgement of an address. `loopback` is public only where the policy says so. */
type Kind = 'public' | 'loopback' | 'forbidden'

/** Addresses that look public and are not: cloud platforms answer there with credentials or as the host itself. */
const platformAddresses: readonly string[] = [
  // Azure's wire server, reachable from every virtual machine.
  '168.63.129.16',
]
/**
 * IPv6 that is routed on the public Internet (IANA: 2000::/3); everything outside it is special, and ranges that are
 * assigned in the future are refused until somebody has thought about them.
 */
const globalUnicast = ipaddr.parseCIDR('2000::/3')
/** NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is really reached. */
const nat64 = ipaddr.parseCIDR('64:ff9b::/96')
/** Inside 2000::/3, but not to be sent to, and not all known to ipaddr.js. */
const documentation = ['2001:db8::/32', '3fff::/20'].map((range) => ipaddr.parseCIDR(range))

/**
 * Whether a webhook may be sent to an IP address. Private, loopback, link-local (the metadata services of clouds),
 * unique-local, shared (CGNAT), multicast, documentation and reserved addresses are refused, also inside IPv6: mapped
 * and NAT64 addresses are judged by the IPv4 address in them, 6to4, Teredo and the like are refused as a whole.
 *
 * @param text an address as the resolver or the socket writes it; what cannot be read is refused.
 */
export function isAllowedAddress(text: string, policy: AddressPolicy): boolean {
  const kind = judgeAddress(text)
  return kind === 'public' || (kind === 'loopback' && policy.allowLoopback)
}

export function isLoopbackAddress(text: string): boolean {
  return judgeAddress(text) === 'loopback'
}

function judgeAddress(text: string): Kind {
  // A zone (fe80::1%eth0) names an interface of ours: nothing public has one.
  if (!isAddressLiteral(text) || text.includes('%')) return 'forbidden'
  const address = ipaddr.parse(text)
  return address instanceof ipaddr.IPv6 ? judgeIPv6(address) : judgeIPv4(address as ipaddr.IPv4)
}

function judgeIPv4(address: ipaddr.IPv4): Kind {
  if (platformAddresses.includes(address.toString())) return 'forbidden'
  const range = address.range()
  return range === 'unicast' ? 'public' : range === 'loopback' ? 'loopback' : 'forbidden'
}

function judgeIPv6(address: ipaddr.IPv6): Kind {
  if (address.isIPv4MappedAddress()) return judgeIPv4(address.toIPv4Address())
  // Loopback behind NAT64 would be the translator's own, which is not ours to open.
  if (address.match(nat64)) return judgeIPv4(lastIPv4Of(address)) === 'public' ? 'public' : 'forbidden'
  if (address.range() === 'loopback') return 'loopback'
  if (documentation.some((range) => address.match(range))) return 'forbidden'
  return address.range() === 'unicast' && address.match(globalUnicast) ? 'public' : 'forbidden'
}

function lastIPv4Of(address: ipaddr.IPv6): ipaddr.IPv4 {
  return new ipaddr.IPv4(address.toByteArray().slice(12))
}

/** The host of a URL as a socket takes it; `URL` has already turned 0x7f.1, 017700000001 and the like into 127.0.0.1. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/** By the same rule as `net.connect`, which resolves whatever is no address by it. */
export function isAddressLiteral(host: string): boolean {
  return isIP(host) !== 0
}
