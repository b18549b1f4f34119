import ipaddr from 'ipaddr.js'
import { type Static, Type } from 'typebox'
import { type Refusal, refuse } from '../refusal.ts'

const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 in lowercase hexadecimal.' })

/** The evidence that a merchant may handle card numbers, and where its cards may come from. */
export const grantRequestSchema = Type.Object(
  {
    evidence_kind: Type.Enum(['saq_d', 'roc_aoc']),
    evidence_reference: Type.String({ minLength: 1, maxLength: 500 }),
    evidence_sha256: sha256,
    evidence_date: Type.String({ format: 'date' }),
    valid_until: Type.String({ format: 'date' }),
    address_ranges: Type.Array(Type.String({ minLength: 3, maxLength: 64 }), {
      minItems: 1,
      maxItems: 64,
      uniqueItems: true,
    }),
    certificate_fingerprints: Type.Array(sha256, { minItems: 1, maxItems: 16, uniqueItems: true }),
  },
  { additionalProperties: false },
)

/** The shortest prefix of a range: no merchant owns more addresses, and a wider range would restrict nothing. */
const shortestPrefix = { ipv4: 8, ipv6: 16 }

/** `::ffff:0:0/96`: an address in there is compared as the IPv4 address that it holds, so such a range would admit nobody. */
const mappedIpv4 = { network: ipaddr.IPv6.parse('::ffff:0:0'), bits: 96 }

/** What a schema cannot say: the dates among each other, and what an address range is. Null when all is well. */
export function checkGrantRequest(request: Static<typeof grantRequestSchema>, now: Date): Refusal | null {
  const invalid = (param: string, detail: string) => refuse('parameter_invalid', { param, detail })
  const today = now.toISOString().slice(0, 10)
  const { evidence_date, valid_until, address_ranges } = request
  if (evidence_date > today) return invalid('evidence_date', 'evidence_date must not lie in the future.')
  if (valid_until < today)
    return invalid('valid_until', 'valid_until is the last day on which the grant holds; it must not have passed.')
  if (valid_until <= evidence_date || valid_until > addTwelveMonths(evidence_date)) {
    return invalid('valid_until', 'valid_until must be after evidence_date, and at most 12 months after it.')
  }
  const badRange = address_ranges.findIndex((range) => !isAddressRange(range))
  if (badRange === -1) return null
  return invalid(
    `address_ranges.${badRange}`,
    'An address range is a network in CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32, with no bit set behind the prefix, and not wider than /8 (IPv4) or /16 (IPv6).',
  )
}

/** The same day of the next year; the 29th of February becomes the 28th, as PostgreSQL counts. */
function addTwelveMonths(date: string): string {
  const next = `${Number(date.slice(0, 4)) + 1}${date.slice(4)}`.padStart(10, '0')
  return date.endsWith('-02-29') ? `${next.slice(0, 8)}28` : next
}

/** Written as PostgreSQL's cidr takes it. IPv4 inside IPv6 is refused: addresses are compared as IPv4. */
function isAddressRange(text: string): boolean {
  if (!ipaddr.isValidCIDR(text)) return false
  const [address, bits] = ipaddr.parseCIDR(text)
  const kind = address.kind()
  if (bits < shortestPrefix[kind]) return false
  if (kind === 'ipv4')
    return (
      // In this form alone: `010.0.0.0/8` would be read as 8.0.0.0/8.
      ipaddr.IPv4.isValidFourPartDecimal(text.split('/')[0] ?? '') &&
      ipaddr.IPv4.networkAddressFromCIDR(text).toString() === address.toString()
    )
  if (text.includes('%') || text.includes('.')) return false
  if (address.match(mappedIpv4.network, Math.min(bits, mappedIpv4.bits))) return false
  return ipaddr.IPv6.networkAddressFromCIDR(text).toString() === address.toString()
}
