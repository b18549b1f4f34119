import { type PortName, portsFrom, portTable } from '../addresses.ts'
import { type DocPage, table } from '../doc-page.ts'
import { beside, cardDataWords, comers, outgoing, outsiders, type Party } from './data-flow.ts'
import { networkCode } from './network-code.ts'
import { type RouteRow, readRouteTable } from './route-table.ts'

const doorWords: Record<RouteRow['door'], string> = {
  api: 'API',
  admin: 'admin API',
  internal: 'internal socket',
  management: 'management',
}
const byWords: Record<string, string> = {
  anyone: 'anyone',
  publishable_key: 'any key of a merchant',
  operator: 'an operator',
  'the card relay': 'the card relay',
}

/** `docs/pci/data-flow.md`: where card data flows, over which ports, to which routes (PCI DSS 1.2.3 to 1.2.5). */
export async function describeDataFlow(): Promise<DocPage> {
  const routes = await readRouteTable()
  return {
    path: 'docs/pci/data-flow.md',
    source: 'dev/src/pci/data-flow.ts, the port table, the servers’ routes and the imports of the code',
    title: 'Where card data flows',
    text: [
      'Thick arrows carry a card number. A merchant’s server has one only in the server-to-server flow, with a raw-card grant;',
      'in the two other flows FinCore sees no card.',
      '',
      drawDiagram(),
      '',
      '## Ports and connections',
      '',
      'Ports are the defaults, and settings. Everything else can be denied, both ways.',
      '',
      table(['Port', 'Serves', 'From', 'What comes', 'Protocol', 'Of a card'], describePorts()),
      '',
      'Connections that FinCore opens:',
      '',
      table(
        ['From', 'To', 'What', 'Protocol', 'Of a card'],
        outgoing.map((flow) => [flow.from, nameOf(flow.to), flow.what, flow.protocol, cardDataWords[flow.card]]),
      ),
      '',
      'What passes FinCore by: ' +
        beside.map((flow) => `${nameOf(flow.from)} → ${nameOf(flow.to)} (${flow.what})`).join('; ') +
        '.',
      '',
      '## Code that can reach the network',
      '',
      'Found by its imports. The listeners of the payment service are Fastify’s, opened in `payment-service/src/payment-service.ts`.',
      '',
      table(
        ['File', 'Direction and peer'],
        Object.entries(networkCode).map(([file, peer]) => [`\`${file}\``, peer]),
      ),
      '',
      '## Routes',
      '',
      'Every route of the payment service, and who may call it. The card relay answers `POST /v1/charges`, after admission, and `GET /health/live` and `/health/ready`.',
      '',
      table(
        ['Door', 'Route', 'Who may call it'],
        routes.map(({ door, method, path, by }) => [
          doorWords[door],
          `\`${method} ${path}\``,
          byWords[by] ?? `a secret key with the scope \`${by}\``,
        ]),
      ),
    ].join('\n'),
  }
}

function describePorts(): string[][] {
  const ports = portsFrom(4000)
  return (Object.entries(comers) as [keyof typeof comers & PortName, (typeof comers)['api']][]).flatMap(
    ([name, flows]) =>
      flows.map((flow) => [
        String(ports[name]),
        portTable[name].serves,
        nameOf(flow.from),
        flow.what,
        flow.protocol,
        cardDataWords[flow.card],
      ]),
  )
}

function drawDiagram(): string {
  const flows = [...Object.values(comers).flat(), ...outgoing, ...beside]
  const parties = [...new Set(flows.flatMap(({ from, to }) => [from, to]))]
  const idOf = (party: Party) => party.replaceAll('-', '_')
  const nodes = parties.map((party) => `  ${idOf(party)}["${nameOf(party)}"]`)
  const arrows = flows.map(
    ({ from, to, what, card }) => `  ${idOf(from)} ${card === 'card' ? '==>' : '-->'}|"${what}"| ${idOf(to)}`,
  )
  return ['```mermaid', 'flowchart LR', ...nodes, ...arrows, '```'].join('\n')
}

function nameOf(party: Party): string {
  return party in outsiders ? outsiders[party as keyof typeof outsiders] : party
}
