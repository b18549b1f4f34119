import { covers, overlap } from './addresses.ts'
import { anyAddress, hostsAllowed } from './firewall-verdict.ts'
import type { Model, Node, Route, Rule } from './model.ts'

/** Someone can open a connection to someone. Ports as `443`, or `0-65535` where a rule is that wide. */
export type Reach = { from: string; to: string; port: string; why: string }

export const world = 'the Internet'
export const operators = 'operators'
const internetProbe = '93.184.216.34/32'

/** Everyone who reaches someone: security groups at both ends, routes between, and the firewall on the way out. */
export function computeReach(model: Model): Reach[] {
  const inside = model.nodes.flatMap((from) =>
    model.nodes.flatMap((to) => (from === to ? [] : between(model, from, to))),
  )
  const outside = model.nodes.flatMap((node) => [...fromOutside(model, node), ...toOutside(model, node)])
  return sort([...inside, ...outside])
}

/** Both ends must agree, and within the VPC there is always a way. */
function between(model: Model, from: Node, to: Node): Reach[] {
  const out = model.egress.filter(({ group, peer }) => from.groups.includes(group) && isPeer(model, peer, to))
  const into = model.ingress.filter(({ group, peer }) => to.groups.includes(group) && isPeer(model, peer, from))
  return out
    .flatMap((rule) => into.flatMap((other) => common(rule, other)))
    .map((ports) => ({ from: from.name, to: to.name, ...ports }))
}

/** Who comes from outside: anybody to what has a public address, the operators by their own way. */
function fromOutside(model: Model, node: Node): Reach[] {
  const routes = routesOf(model, node)
  return model.ingress
    .filter(({ group, peer }) => node.groups.includes(group) && peer.includes('/') && /^\d/.test(peer))
    .flatMap((rule) => {
      const ports = { port: portsOf(rule), why: rule.why }
      const found: Reach[] = []
      if (
        node.hasPublicAddress &&
        covers(rule.peer, internetProbe) &&
        routes.some(({ target }) => target.kind === 'internet')
      )
        found.push({ from: world, to: node.name, ...ports })
      if (routes.some(({ destination, target }) => target.kind === 'operators' && overlap(destination, rule.peer)))
        found.push({ from: operators, to: node.name, ...ports })
      return found
    })
}

/** Where a node gets to outside: what its group lets out, its route leads to, and the firewall of that route lets through. */
function toOutside(model: Model, node: Node): Reach[] {
  return model.egress
    .filter(({ group }) => node.groups.includes(group))
    .flatMap((rule) => {
      const found = { from: node.name, port: portsOf(rule), why: rule.why }
      if (rule.peer.startsWith('pl-')) {
        return routesOf(model, node).some(({ target }) => target.kind === 's3') ? [{ ...found, to: 'AWS s3' }] : []
      }
      if (!rangesOf(model, rule.peer).some((range) => covers(range, internetProbe))) return []
      const hosts = new Set(
        subnetsOf(model, node).flatMap(({ range, routes }) => leadsTo(model, range, routes, node, rule)),
      )
      return [...hosts].map((to) => ({ ...found, to }))
    })
}

function leadsTo(model: Model, range: string, routes: Route[], node: Node, rule: Rule): string[] {
  const route = routes.find(({ destination }) => destination === '0.0.0.0/0')
  if (!route) return []
  if (route.target.kind === 'firewall' && model.firewall.firewalls.includes(route.target.id)) {
    const ports = rule.from === rule.to ? [rule.from] : [443, 80, 22]
    return ports.flatMap((port) => hostsAllowed(model, range, port))
  }
  // Without a public address nothing comes back through an Internet gateway; load balancers only answer.
  if (route.target.kind === 'internet') return node.hasPublicAddress && node.kind !== 'balancer' ? [anyAddress] : []
  return [anyAddress]
}

const subnetsOf = ({ subnets }: Model, node: Node) => node.subnets.flatMap((id) => subnets.get(id) ?? [])
const routesOf = (model: Model, node: Node) => subnetsOf(model, node).flatMap(({ routes }) => routes)
const portsOf = ({ from, to }: Pick<Rule, 'from' | 'to'>) => (from === to ? String(from) : `${from}-${to}`)

function rangesOf({ prefixLists }: Model, peer: string): string[] {
  return prefixLists.get(peer) ?? (/^\d/.test(peer) ? [peer] : [])
}

/** Whether a rule's peer is this node: one of its groups, or addresses among which it has one. */
function isPeer(model: Model, peer: string, node: Node): boolean {
  if (node.groups.includes(peer)) return true
  return rangesOf(model, peer).some((range) => subnetsOf(model, node).some((subnet) => overlap(range, subnet.range)))
}

function common(out: Rule, into: Rule): { port: string; why: string }[] {
  if (out.protocol !== into.protocol && out.protocol !== '-1' && into.protocol !== '-1') return []
  const [from, to] = [Math.max(out.from, into.from), Math.min(out.to, into.to)]
  return from <= to ? [{ port: portsOf({ from, to }), why: into.why }] : []
}

function sort(reaches: Reach[]): Reach[] {
  const keyed = new Map(reaches.map((one) => [`${one.from} → ${one.to} ${one.port}`, one]))
  return [...keyed.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
}
