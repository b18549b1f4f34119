import { font, groundStyles } from '@fincore/dev/diagrams/svg'
import { anyHost } from '../segmentation/firewall-verdict.ts'
import type { Model } from '../segmentation/model.ts'
import { computeReach, operators, type Reach, world } from '../segmentation/reach.ts'
import { type Box, groupOf, type Places, place } from './place.ts'
import { arrowhead, attributes, box, path, words } from './shapes.ts'

const styles = `${groundStyles}
    .soft { font-size: 11.5px }
    .box { fill: #eef3fb; stroke: #9db4d8 } .cards { fill: #fdf1e3; stroke: #dba25a } .outside { fill: #f3f5f8; stroke: #b4bfcd }
    .vpc { fill: none; stroke: #7f8ea3; stroke-dasharray: 6 4 } .group { fill: #f8fafc; stroke: #d5dbe3 }
    .line { fill: none; stroke: #2458b3; stroke-width: 1.5 } .head, .dot { fill: #2458b3 } .card { stroke: #b8741a } .cardhead { fill: #b8741a }
    .quiet { stroke: #8793a3 } .quiethead { fill: #8793a3 }
    @media (prefers-color-scheme: dark) {
      .box { fill: #1d2a40; stroke: #45628f } .cards { fill: #38290f; stroke: #a8752c } .outside { fill: #1f2630; stroke: #465160 }
      .vpc { stroke: #6c7a8d } .group { fill: #1a2029; stroke: #343d49 }
      .line { stroke: #86b1f7 } .head, .dot { fill: #86b1f7 } .card { stroke: #e5a955 } .cardhead { fill: #e5a955 }
      .quiet { stroke: #6c7a8d } .quiethead { fill: #6c7a8d }
    }`

/** docs/aws/network.svg: who reaches whom, drawn from a template; a connection that has no place in the picture is an error. */
export function drawNetwork(model: Model): string {
  const reach = computeReach(model)
  const places = place(model, reach)
  const { width, height, vpc } = places
  const drawing = [
    `  <rect class="vpc" ${attributes(vpc)} rx="12"/>`,
    words(vpc.x + 14, vpc.y + 22, `VPC ${rangeOfVpc(model)}, three zones`, 'soft'),
    ...drawGroups(model, places),
    ...drawBoxes(model, places, reach),
    ...drawDoors(places, reach),
    ...drawTrunks(places, reach),
    ...drawKey(height),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description" ${font}>
  <title id="title">FinCore’s network on AWS</title>
  <desc id="description">The Internet reaches two load balancers, that of the API and, with client certificates, that of the card relay; operators reach a third. Each leads to its own tasks. The card relay calls the API’s internal listener. The payment service’s tasks reach the database. All tasks reach AWS by private endpoints, and PSPs through the network firewall; the worker also merchants’ hosts.</desc>
  <style>${styles}
  </style>
  <rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>
  <text class="ink" x="20" y="30" font-size="15" font-weight="600">FinCore on AWS: who opens connections to whom</text>
${drawing.join('\n')}
</svg>
`
}

/** What the colours say. */
function drawKey(height: number): string[] {
  const [x, y] = [20, height - 34]
  return [
    `  <path class="line card" d="M${x} ${y - 4} h22"/>`,
    words(x + 30, y, 'card numbers pass here', 'soft'),
    `  <path class="line quiet" d="M${x} ${y - 22} h22"/>`,
    words(x + 30, y - 18, 'AWS’s own services', 'soft'),
  ]
}

/** The frames of the groups of subnets, behind the boxes. */
function drawGroups(model: Model, places: Places): string[] {
  const members = new Map<string, Box[]>()
  const add = (group: string, box: Box) => members.set(group, [...(members.get(group) ?? []), box])
  for (const { group, box } of places.tasks) add(group, box)
  for (const [name, box] of places.balancers) {
    const node = model.nodes.find((one) => one.name === name)
    if (node) add(groupOf(node), box)
  }
  add('data', places.database)
  add('endpoints', places.endpoints)
  add('firewall', places.firewall)
  return [...members].flatMap(([group, boxes]) => {
    const y = Math.min(...boxes.map((box) => box.y)) - 26
    const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + 12
    const frame = { x: (boxes[0]?.x ?? 0) - 12, y, width: (boxes[0]?.width ?? 0) + 24, height: bottom - y }
    return [
      `  <rect class="group" ${attributes(frame)} rx="8"/>`,
      words(frame.x + 12, y + 17, `${group} ${rangeOf(model, group)}`, 'soft'),
    ]
  })
}

function drawBoxes(model: Model, places: Places, reach: readonly Reach[]): string[] {
  const { outside } = places
  const psps = [...new Set(reach.filter((one) => isHost(model, one) && one.to !== anyHost).map(({ to }) => to))]
  const endpoints = model.nodes.filter(({ kind }) => kind === 'endpoint').map(({ name }) => name.slice(4))
  const mutual = model
    .ofType('AWS::ElasticLoadBalancingV2::Listener')
    .filter((one) => one.properties.MutualAuthentication)
  if (mutual.length !== 1) throw new Error('The picture has one load balancer with mutual TLS')
  const instances = model.ofType('AWS::RDS::DBInstance').length
  return [
    box(outside.world, 'the Internet', ['merchants, shoppers, PSPs'], 'outside'),
    box(outside.operators, 'operators', ['by the transit gateway'], 'outside'),
    box(outside.psps, 'PSPs', psps, 'outside'),
    box(outside.others, 'merchants’ webhooks', [anyHost], 'outside'),
    ...[...places.balancers].map(([name, at]) =>
      box(
        at,
        name,
        [name.startsWith('cards') ? 'mutual TLS, WAF' : 'TLS, WAF'],
        name.startsWith('cards') ? 'cards' : 'box',
      ),
    ),
    ...places.tasks.map(({ name, box: at }) =>
      box(at, titles[name] ?? name, [sizeOf(model, name)], name === 'relay' ? 'cards' : 'box'),
    ),
    box(places.firewall, 'network firewall', ['by the TLS name asked for,', 'then by NAT, in each zone'], 'box'),
    box(
      places.database,
      'Aurora PostgreSQL',
      [instances === 1 ? 'one instance' : `${instances} instances in three zones`],
      'box',
    ),
    box(places.endpoints, 'AWS, privately', [...inLines(endpoints), 's3 by its gateway'], 'box'),
  ]
}

const titles: Record<string, string> = { relay: 'card relay', 'audit-export': 'audit export' }

function sizeOf(model: Model, name: string): string {
  const scale = model
    .ofType('AWS::ApplicationAutoScaling::ScalableTarget')
    .find(({ id }) => id.includes(`Scale${name}`))
  return scale ? `${scale.properties.MinCapacity} to ${scale.properties.MaxCapacity} tasks` : 'a task now and then'
}

/** Arrows from outside to the load balancers, from those to their tasks, and between tasks. */
function drawDoors(places: Places, reach: readonly Reach[]): string[] {
  const { outside, balancers, tasks } = places
  const boxOf = (name: string) => tasks.find((one) => one.name === name)?.box
  const lines = new Map<string, { from: Box; to: Box; ports: string[]; isCard: boolean }>()
  for (const { from, to, port } of reach) {
    const start =
      from === world ? outside.world : from === operators ? outside.operators : (balancers.get(from) ?? boxOf(from))
    const end = balancers.get(to) ?? boxOf(to)
    if (!start || !end) continue
    const known = lines.get(`${from} → ${to}`)
    if (known) known.ports.push(port)
    else
      lines.set(`${from} → ${to}`, {
        from: start,
        to: end,
        ports: [port],
        isCard: to === 'relay' || to.startsWith('cards'),
      })
  }
  return [...lines.values()].map(({ from, to, ports, isCard }) => {
    const text = ports.join(', ')
    if (from.x === to.x) {
      const [x, y, end] = [from.x + from.width - 9, from.y + from.height, to.y]
      return `${path(`M${x} ${y} V${end - 9}`, isCard)}\n${arrowhead(x, end, 'down', isCard)}\n${words(x - 8, y + 34, text, 'soft over', 'end')}`
    }
    const [x, y, endX, endY] = [from.x + from.width, from.y + from.height / 2, to.x, to.y + to.height / 2]
    const bend = x + 14
    const way = y === endY ? `M${x} ${y} H${endX - 9}` : `M${x} ${y} H${bend} V${endY} H${endX - 9}`
    return `${path(way, isCard)}\n${arrowhead(endX, endY, 'right', isCard)}\n${words(endX - 12, endY - 7, text, 'soft over', 'end')}`
  })
}

/** What many tasks reach is drawn as one trunk, with a branch to each of them. */
function drawTrunks(places: Places, reach: readonly Reach[]): string[] {
  const isTask = (name: string) => places.tasks.some((one) => one.name === name)
  const isDoor = ({ from, to }: Reach) =>
    (places.balancers.has(to) && (from === world || from === operators)) ||
    (isTask(to) && (places.balancers.has(from) || isTask(from)))
  const kinds = {
    firewall: { x: 728, offset: -15, test: ({ to }: Reach) => to !== 'database' && !to.startsWith('AWS ') },
    database: { x: 754, offset: 0, test: ({ to }: Reach) => to === 'database' },
    endpoints: { x: 780, offset: 15, test: ({ to }: Reach) => to.startsWith('AWS ') },
  } as const
  const rest = reach.filter((one) => !isDoor(one))
  const misplaced = rest.find(({ from }) => !isTask(from))
  if (misplaced) throw new Error(`The picture has no place for ${misplaced.from} → ${misplaced.to}`)
  const trunks = Object.entries(kinds).flatMap(([name, { x, offset, test }]) => {
    const found = rest.filter(test)
    const sources = places.tasks.filter((task) => found.some(({ from }) => from === task.name))
    const target = places[name as keyof typeof kinds]
    const y = target.y + target.height / 2
    const quiet = name === 'endpoints' ? ' quiet' : ''
    const starts = sources.map(({ box: at }) => at.y + at.height / 2 + offset)
    const ports = [...new Set(found.map(({ port }) => port))].join(', ')
    return [
      `  <path class="line${quiet}" d="M${x} ${Math.min(y, ...starts)} V${Math.max(y, ...starts)} M${x} ${y} H${target.x - 9}"/>`,
      ...sources.map(({ name: task, box: at }, index) => {
        // The way of a card is followed to its end.
        const isCard = name === 'firewall' && task === 'relay'
        const way = isCard ? `H${x} V${y} H${target.x - 9}` : `H${x}`
        return `  <path class="line${isCard ? ' card' : quiet}" d="M${at.x + at.width} ${starts[index]} ${way}"/>`
      }),
      `  <path class="head ${headOf[name as keyof typeof kinds]}" d="M${target.x} ${y} l-9 -4.5 v9 z"/>`,
      words(target.x - 14, y - 7, ports, 'soft over', 'end'),
    ]
  })
  return [...trunks, ...drawWaysOut(places, rest)]
}

const headOf = { firewall: 'cardhead', database: '', endpoints: 'quiethead' }

/** From the firewall to those outside, each with who may go there. */
function drawWaysOut({ firewall, outside }: Places, reach: readonly Reach[]): string[] {
  const x = firewall.x + firewall.width
  const ends = [
    { to: outside.psps, from: firewall.y + 28 },
    { to: outside.others, from: firewall.y + 56 },
  ]
  const toOthers = [...new Set(reach.filter(({ to }) => to === anyHost).map(({ from }) => from))]
  return ends.flatMap(({ to, from }, index) => {
    const y = to.y + to.height / 2
    const bend = to.x - 24
    return [
      path(`M${x} ${from} H${bend} V${y} H${to.x - 9}`, index === 0),
      arrowhead(to.x, y, 'right', index === 0),
      ...(index === 1 ? [words(to.x + 8, to.y + to.height + 16, `from ${toOthers.join(', ')} alone`, 'soft')] : []),
    ]
  })
}

function isHost(model: Model, { to }: Reach): boolean {
  return !model.nodes.some(({ name }) => name === to) && !to.startsWith('AWS ')
}

/** Names with commas between, as many in a line as a box has room for. */
function inLines(names: readonly string[]): string[] {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + name.length < 26) lines[lines.length - 1] = `${last}, ${name}`
    else lines.push(name)
  }
  return lines
}

function rangeOf(model: Model, group: string): string {
  const ranges = [...model.subnets.values()].filter(({ id }) => groupOf({ subnets: [id] }) === group)
  return ranges[0]?.range.replace('/24', '/22') ?? ''
}

function rangeOfVpc(model: Model): string {
  return String(model.ofType('AWS::EC2::VPC')[0]?.properties.CidrBlock)
}
