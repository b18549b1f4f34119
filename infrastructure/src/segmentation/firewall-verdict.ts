import { covers } from './addresses.ts'
import type { Model } from './model.ts'

/** Hosts that the firewall lets a subnet speak with: names, or one of these words. */
export const anyHost = 'any host with a name'
export const anyAddress = 'any address'

type Parsed = { action: string; protocol: string; source: string; destination: string; port: string; options: string }
const ruleForm = /^(\w+) (\w+) (\S+) any -> (\S+) (\S+) \((.*)\)$/

/**
 * What passes from a range to the Internet at a TCP port, by the rules in their order. A rule that this cannot read is taken
 * to let everything through, so that the matrix never promises more than the firewall holds.
 */
export function hostsAllowed({ firewall }: Pick<Model, 'firewall'>, range: string, port: number): string[] {
  const hosts = new Set<string>()
  for (const line of firewall.rules.split('\n').filter((one) => one.trim() !== '')) {
    const rule = parse(line)
    if (!rule) return [anyAddress]
    if (!isFrom(firewall.variables, rule.source, range) || !isOfPort(rule.port, port)) continue
    if (rule.action === 'drop' && rule.protocol === 'tcp') return [...hosts]
    if (rule.action !== 'pass') continue
    hosts.add(hostOf(rule))
  }
  if (!firewall.defaultActions.includes('aws:drop_established')) hosts.add(anyAddress)
  return [...hosts]
}

function parse(line: string): Parsed | undefined {
  const [, action, protocol, source, destination, port, options] = ruleForm.exec(line) ?? []
  if (!action || !protocol || !source || !destination || !port || !options) return undefined
  return { action, protocol, source, destination, port, options }
}

/** Only a name that is compared from its beginning to its end is one host. */
function hostOf({ protocol, destination, options }: Parsed): string {
  if (protocol !== 'tls' || destination !== 'any') return anyAddress
  const exact = /tls\.sni; content:"([^"]+)"; startswith; endswith; nocase;/.exec(options)
  if (exact?.[1]) return exact[1]
  return options.includes('tls.sni; content:"."; pcre:"/\\.[a-z][a-z0-9-]*$/i";') ? anyHost : anyAddress
}

function isFrom(variables: ReadonlyMap<string, string[]>, source: string, range: string): boolean {
  const names = source.replace(/^\[|\]$/g, '').split(',')
  return names.some((name) => name === 'any' || variables.get(name.slice(1))?.some((one) => covers(one, range)))
}

function isOfPort(text: string, port: number): boolean {
  if (text === 'any') return true
  return text.startsWith('!') ? Number(text.slice(1)) !== port : Number(text) === port
}
