import { findFreePorts, isPortFree } from './free-ports.ts'

/** What each port serves, and its distance from FINCORE_PORT_BASE. */
export const portTable = {
  api: { offset: 0, serves: 'the API' },
  relay: { offset: 1, serves: 'the card relay' },
  admin: { offset: 2, serves: 'the admin API' },
  internal: { offset: 3, serves: "the card relay's internal socket" },
  management: { offset: 4, serves: 'health and metrics of the payment service' },
  pspPages: { offset: 200, serves: "the PSP's pages" },
  pspApi: { offset: 201, serves: "the PSP's API" },
  shop: { offset: 300, serves: 'the demo shop' },
  postgres: { offset: 432, serves: 'PostgreSQL' },
} as const

export type PortName = keyof typeof portTable
export type Ports = Record<PortName, number>

const names = Object.keys(portTable) as PortName[]
const highestOffset = Math.max(...names.map((name) => portTable[name].offset))

/** Reads FINCORE_PORT_BASE; an empty one counts as none. @throws Error of one line when it is no usable port. */
export function readPortBase(text: string | undefined): number {
  const base = Number(text || 4000)
  const highest = 65_535 - highestOffset
  if (!Number.isInteger(base) || base < 1024 || base > highest) {
    throw new Error(`FINCORE_PORT_BASE must be a whole number from 1024 to ${highest}, for example 6000.`)
  }
  return base
}

export function portsFrom(base: number): Ports {
  return portsBy((name) => base + portTable[name].offset)
}

/** @param choose is asked once for each port. */
export function portsBy(choose: (name: PortName) => number): Ports {
  return Object.fromEntries(names.map((name) => [name, choose(name)])) as Ports
}

export async function chooseFreePorts(): Promise<Ports> {
  const [ports] = await chooseFreePortSets(1)
  return ports as Ports
}

/** Several sets, no port twice. */
export async function chooseFreePortSets(count: number): Promise<Ports[]> {
  const free = await findFreePorts(count * names.length)
  return Array.from({ length: count }, () => portsBy(() => free.pop() ?? 0))
}

/** The first of the needed ports that something listens on; undefined when all are free. */
export async function findTakenPort(ports: Ports, needed: PortName[] = names): Promise<PortName | undefined> {
  for (const name of needed) {
    if (!(await isPortFree(ports[name]))) return name
  }
  return undefined
}
