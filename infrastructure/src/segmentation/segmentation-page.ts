import type { Environment } from '../environments.ts'
import { demands } from './demands.ts'
import type { Model } from './model.ts'
import { computeReach, operators, type Reach, world } from './reach.ts'

/** Names that stand for many hosts, so that the grid of both environments is the same. */
const psps = 'PSPs'
const awsTask = 'AWS, to run'
/** Private endpoints that are for some tasks and not needed to run one. */
const awsOfSome = ['AWS kms', 'AWS aps-workspaces']
const isToRunATask = (to: string): boolean => to.startsWith('AWS ') && !awsOfSome.includes(to)

/** docs/aws/segmentation.md: who reaches whom, computed from a template. */
export function describeSegmentation(model: Model, environment: Environment): string {
  const reach = computeReach(model)
  return `# Who reaches whom

Made by \`npm run docs\` from the templates of \`${environment.name}\`, not from the table of flows: security groups at both ends, routes, and the firewall’s rules in their order. A test computes it anew for both environments.

Rows open connections, columns take them; a cell has the ports. What is empty cannot be reached. *${awsTask}* are the private endpoints without which Fargate starts no task: ${endpointsOf(reach)}.

${grid(reach, environment)}

## What must hold

A test asks each of these of both environments, and changes a copy of the template for each, to see that it would notice.

| demand | PCI DSS v4.0.1 |
| --- | --- |
${demands.map(({ says, requirement }) => `| ${says} | ${requirement} |`).join('\n')}

## Every connection

| from | to | port | why |
| --- | --- | --- | --- |
${reach.map(({ from, to, port, why }) => `| ${from} | ${to} | ${port} | ${why} |`).join('\n')}

## What this does not say

- The firewall reads the name that a client asks for in its TLS handshake, and does not look into TLS: it would see cards. A program that was taken over could ask for a PSP’s name at another address. What stands against that: the relay has one program with no package in it, a file system that nobody writes, no shell’s way out, GuardDuty beside it, and DNS and flow logs.
- Names are asked of the VPC’s own resolver, which no security group and no firewall of the network bounds. It refuses what looks like a tunnel, and logs every question.
- The worker may open TLS to any host that has a name, since merchants choose where their webhooks go. No card number is in it. A webhook at another port than 443 is not delivered here.
- Load balancers only answer: their groups let them open connections to their own targets alone.
`
}

/** Columns of the grid, in the order in which a charge passes them. */
function grid(reach: Reach[], environment: Environment): string {
  const nameOf = (to: string) => {
    if (environment.pspHosts.includes(to)) return psps
    return isToRunATask(to) ? awsTask : to
  }
  const order = [
    world,
    operators,
    'api load balancer',
    'cards load balancer',
    'admin load balancer',
    'api',
    'relay',
    'worker',
    'admin',
  ]
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  const byRank = (a: string, b: string) => rank(a) - rank(b)
  const rows = [...new Set(reach.map(({ from }) => from))].sort(byRank)
  const columns = [...new Set(reach.map(({ to }) => nameOf(to)))].sort(byRank)
  const cell = (from: string, column: string) => {
    const ports = reach.filter((one) => one.from === from && nameOf(one.to) === column).map(({ port }) => port)
    return [...new Set(ports)].join(', ')
  }
  return [
    `| | ${columns.join(' | ')} |`,
    `| --- |${columns.map(() => ' --- |').join('')}`,
    ...rows.map((from) => `| **${from}** | ${columns.map((column) => cell(from, column)).join(' | ')} |`),
  ].join('\n')
}

function endpointsOf(reach: Reach[]): string {
  const names = reach.map(({ to }) => to).filter(isToRunATask)
  return [...new Set(names)].map((name) => name.slice(4)).join(', ')
}
