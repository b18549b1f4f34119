import type { Model, Node } from '../segmentation/model.ts'
import { operators, type Reach, world } from '../segmentation/reach.ts'

export type Box = { x: number; y: number; width: number; height: number }
/** A task with its place; `group` is the group of subnets that it runs in. */
export type PlacedTask = { name: string; group: string; box: Box }
export type Places = {
  width: number
  height: number
  vpc: Box
  tasks: PlacedTask[]
  balancers: Map<string, Box>
  outside: { world: Box; operators: Box; psps: Box; others: Box }
  firewall: Box
  database: Box
  endpoints: Box
}

const boxHeight = 58
const rowHeight = 100
const groupGap = 36
const top = 122
const columns = { outside: 20, balancers: 256, tasks: 528, right: 830, far: 1092 }
const widths = { outside: 182, balancers: 168, tasks: 168, right: 196, far: 276 }

/** Groups of tasks from top to bottom, as a card's way and then a token's way lead. */
const groupOrder = ['relay', 'application', 'worker']

/** Puts everything in columns: who calls, load balancers, tasks, what tasks use, and who is called. */
export function place(model: Model, reach: readonly Reach[]): Places {
  const tasks: PlacedTask[] = []
  let y = top
  for (const group of groupOrder) {
    for (const { name } of model.nodes.filter((node) => node.kind === 'task' && groupOf(node) === group)) {
      tasks.push({ name, group, box: { x: columns.tasks, y, width: widths.tasks, height: boxHeight } })
      y += rowHeight
    }
    y += groupGap
  }
  const height = y - groupGap + 12
  const balancers = new Map<string, Box>()
  for (const { name } of model.nodes.filter(({ kind }) => kind === 'balancer')) {
    const task = tasks.find((one) => reach.some(({ from, to }) => from === name && to === one.name))
    if (!task) throw new Error(`${name} has no task behind it`)
    balancers.set(name, { x: columns.balancers, y: task.box.y, width: widths.balancers, height: boxHeight })
  }
  const yOf = (caller: string) => {
    const called = reach.filter(({ from, to }) => from === caller && balancers.has(to))
    const ys = called.map(({ to }) => balancers.get(to)?.y ?? 0)
    return Math.round(ys.reduce((sum, one) => sum + one, 0) / Math.max(1, ys.length))
  }
  const outside = (caller: string): Box => ({
    x: columns.outside,
    y: yOf(caller),
    width: widths.outside,
    height: boxHeight,
  })
  const right = (at: number, boxTall = boxHeight): Box => ({
    x: columns.right,
    y: at,
    width: widths.right,
    height: boxTall,
  })
  return {
    width: columns.far + widths.far + 20,
    height,
    vpc: { x: 230, y: 50, width: 822, height: height - 70 },
    tasks,
    balancers,
    outside: {
      world: outside(world),
      operators: outside(operators),
      psps: { x: columns.far, y: top, width: widths.far, height: 74 },
      others: { x: columns.far, y: top + 104, width: widths.far, height: 58 },
    },
    firewall: right(top + 30, 84),
    database: right(Math.round(height / 2) - 10),
    endpoints: right(height - 214, 124),
  }
}

/** The group of subnets of a node, by the name that its subnets have: `foundation/NetworkSubnetrelay0…`. */
export function groupOf({ subnets }: Pick<Node, 'subnets'>): string {
  return /Subnet([a-z]+)\d/.exec(subnets[0] ?? '')?.[1] ?? ''
}
