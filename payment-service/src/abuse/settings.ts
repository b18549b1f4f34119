import ipaddr from 'ipaddr.js'
import { type RuleName, ruleNames, ruleOf } from './rules.ts'
import { readAddress } from './shopper-address.ts'

/** What an operator has set for a merchant; what is left out is as in the table of rules. */
export type CardTestingSettings = {
  rules: { [R in RuleName]?: { on?: boolean; limit?: number; hold_seconds?: number } }
  /** Addresses and networks (CIDR) that no rule looks at, such as the merchant's own call centre. */
  allowed_addresses: string[]
}

export const noSettings: CardTestingSettings = { rules: {}, allowed_addresses: [] }

/** The rules as they are for a merchant, and which addresses are left alone. */
export type RulesInForce = {
  limits: Readonly<Record<RuleName, { on: boolean; limit: number; holdS: number }>>
  isAllowed(address: string): boolean
}

export function applySettings({ rules, allowed_addresses }: CardTestingSettings): RulesInForce {
  const limits = Object.fromEntries(
    ruleNames.map((name) => {
      const rule = ruleOf[name]
      const { on = rule.isOff !== true, limit = rule.limit, hold_seconds: holdS = rule.holdS } = rules[name] ?? {}
      return [name, { on, limit, holdS }]
    }),
  ) as Record<RuleName, { on: boolean; limit: number; holdS: number }>
  const networks = allowed_addresses.flatMap((text) => readNetwork(text) ?? [])
  return {
    limits,
    isAllowed(address) {
      const one = ipaddr.process(address)
      return networks.some(({ base, bits }) => one.kind() === base.kind() && one.match(base, bits))
    },
  }
}

/** A network that is wider holds so many shoppers that no rule would be left: then a rule is switched off, by its name. */
const shortestPrefix = { ipv4: 8, ipv6: 16 } as const

/**
 * Reads an address or a network in CIDR notation; null for anything else. Of IPv4 the plain form alone: `010.0.0.1` and
 * `10.1/16` are other addresses for every reader. A network of mapped IPv4 is none, because addresses are compared
 * without that mapping and it would hold nobody.
 */
export function readNetwork(text: string): { base: ipaddr.IPv4 | ipaddr.IPv6; bits: number } | null {
  const [address = '', prefix, ...more] = text.split('/')
  const single = readAddress(address)
  if (single === null || more.length > 0) return null
  if (prefix === undefined) return { base: single, bits: single.kind() === 'ipv4' ? 32 : 128 }
  if (!ipaddr.isValidCIDR(text)) return null
  const [base, bits] = ipaddr.parseCIDR(text)
  const isMapped = base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress()
  return isMapped || bits < shortestPrefix[base.kind()] ? null : { base, bits }
}
