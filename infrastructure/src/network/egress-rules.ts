import type { Environment } from '../environments.ts'
import { filteredGroups, groupRange } from './address-plan.ts'

type FilteredGroup = (typeof filteredGroups)[number]

/** Which hosts each group of subnets may speak TLS with, by the name that the client asks for (SNI). */
const mayReach: Record<FilteredGroup, { psps: true; anyHost: boolean; why: string }> = {
  relay: { psps: true, anyHost: false, why: 'cards go to PSPs and nowhere else' },
  application: { psps: true, anyHost: false, why: 'the API and the admin API call PSPs alone' },
  // Merchants choose where their webhooks go, so no list can name them. payment-service/src/webhook-addresses refuses
  // addresses that are not public, and nothing of a card is in this process.
  worker: { psps: true, anyHost: true, why: 'merchants’ webhooks may go to any host that has a name' },
}

/** The variable that stands for a group's addresses in the rules. */
export const variableOf = (group: FilteredGroup) => group.toUpperCase()

/** The addresses behind the rules' variables. */
export function ruleVariables(environment: Environment): Record<string, { definition: string[] }> {
  return Object.fromEntries(
    filteredGroups.map((group) => [variableOf(group), { definition: [groupRange(environment, group)] }]),
  )
}

/**
 * The firewall's rules, in the language of Suricata, in strict order: the first that matches decides, and what none matches
 * is dropped by the policy. A handshake passes until the client has said which host it wants.
 */
export function egressRules(environment: Environment): string {
  let sid = 1_000_000
  const rule = (text: string, message: string, options: string) =>
    `${text} (${options}msg:"${message}"; sid:${++sid}; rev:1;)`
  const everyone = `[${filteredGroups.map((group) => `$${variableOf(group)}`).join(',')}]`
  const rules = [
    rule(`drop tcp ${everyone} any -> any !443`, 'not port 443', 'flow:to_server; '),
    rule(`drop udp ${everyone} any -> any any`, 'not TCP', ''),
    rule(`drop icmp ${everyone} any -> any any`, 'not TCP', ''),
  ]
  for (const group of filteredGroups) {
    const from = `pass tls $${variableOf(group)} any -> any 443`
    for (const host of environment.pspHosts) {
      const exactly = `flow:to_server, established; tls.sni; content:"${host}"; startswith; endswith; nocase; `
      rules.push(rule(from, `${group}: a PSP`, exactly))
    }
    if (mayReach[group].anyHost) {
      // A name ends in a label that begins with a letter. An address has no such label, and without SNI there is nothing to match.
      const anyName = 'flow:to_server, established; tls.sni; content:"."; pcre:"/\\.[a-z][a-z0-9-]*$/i"; '
      rules.push(rule(from, `${group}: ${mayReach[group].why.replace('’', "'")}`, anyName))
    }
  }
  return `${rules.join('\n')}\n`
}
