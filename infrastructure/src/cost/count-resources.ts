import type { Resource, Template } from '../checks/template.ts'
import { collectorName } from '../metrics/collector.ts'
import { scrapeSeconds } from '../metrics/collector-config.ts'
import { hoursPerMonth, type Price } from './prices.ts'

/** So much of a price that a resource costs as long as it stands there, and what it is called in the table of costs. */
export type CostLine = { what: string; price: Price; quantity: number }
/** All resources of an environment. */
export type Resources = readonly Resource[]

export function resourcesOf(templates: Record<string, Template>): Resources {
  return Object.values(templates).flatMap(({ Resources }) => Object.values(Resources))
}

export function count(list: unknown): number {
  if (!Array.isArray(list)) throw new Error('what is counted is no list in the template')
  return list.length
}

/** The tasks of a service at its fewest, by what Fargate is paid for. */
export function tasksOf(service: Resource, all: Resources): CostLine[] {
  const { tasks, processors, gib } = sizeOf(service, all)
  return [
    { what: 'processors of tasks, at the fewest', price: 'fargateProcessorHour', quantity: tasks * processors },
    { what: 'memory of tasks, GiB, at the fewest', price: 'fargateGibHour', quantity: tasks * gib },
  ]
}

/** The processors of all services' tasks at their fewest. */
export function processorsOf(all: Resources): number {
  return all
    .filter(({ Type }) => Type === 'AWS::ECS::Service')
    .map((service) => sizeOf(service, all))
    .reduce((sum, { tasks, processors }) => sum + tasks * processors, 0)
}

/**
 * The series of a process that nobody uses: 458 were counted in November 2026, of one with all roles. Each route, PSP account
 * and kind of answer that is met adds some.
 */
const seriesAtRest = 500

/** The samples that the collectors beside all services' tasks send in a month, at the fewest tasks, with nobody using them. */
export function samplesAtRest(all: Resources): number {
  const tasks = all
    .filter(({ Type }) => Type === 'AWS::ECS::Service')
    .map((service) => sizeOf(service, all))
    .reduce((sum, { tasks, isCollected }) => sum + (isCollected ? tasks : 0), 0)
  return (tasks * seriesAtRest * hoursPerMonth * 3600) / scrapeSeconds
}

/** A task's first container is called as its service. */
function sizeOf({ Properties: service }: Resource, all: Resources) {
  const definition = all.find(({ Type, Properties }) => {
    const [container] = (Properties?.ContainerDefinitions ?? []) as { Name?: string }[]
    return Type === 'AWS::ECS::TaskDefinition' && container?.Name === service?.ServiceName
  })?.Properties
  // A service's number of tasks is the scaling's business; its bounds name the service by its logical id.
  const scaling = all.find(
    ({ Type, Properties }) =>
      Type === 'AWS::ApplicationAutoScaling::ScalableTarget' &&
      JSON.stringify(Properties?.ResourceId).includes(`"ServicesService${service?.ServiceName}`),
  )?.Properties
  const size = {
    tasks: Number(scaling?.MinCapacity),
    processors: Number(definition?.Cpu) / 1024,
    gib: Number(definition?.Memory) / 1024,
  }
  if (!Object.values(size).every((number) => number > 0)) throw new Error(`no size of ${String(service?.ServiceName)}`)
  const containers = (definition?.ContainerDefinitions ?? []) as { Name?: string }[]
  return { ...size, isCollected: containers.some(({ Name }) => Name === collectorName) }
}

/** Aurora's capacity units that an instance never falls below. */
export function leastCapacity({ Properties }: Resource): number {
  const scaling = Properties?.ServerlessV2ScalingConfiguration as { MinCapacity?: unknown } | undefined
  return Number(scaling?.MinCapacity)
}

/** Several filters count into one metric, which is paid once: by the first of them. */
export function metricOf(filter: Resource, all: Resources): CostLine[] {
  const metric = ({ Properties }: Resource) => JSON.stringify(Properties?.MetricTransformations)
  const first = all.find((other) => other.Type === filter.Type && metric(other) === metric(filter))
  return first === filter ? [{ what: 'metrics counted from logs', price: 'metricMonth', quantity: 1 }] : []
}
