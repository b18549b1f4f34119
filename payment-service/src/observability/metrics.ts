import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Role } from '../config.ts'
import { createLabelGate, type LabelName, labelTable, mostValues, type ValueOf } from './labels.ts'
import { type MetricName, type MetricRow, metricsTable } from './metrics-table.ts'

type Table = typeof metricsTable
type Named<Type extends MetricRow['type']> = {
  [Name in MetricName]: Table[Name]['type'] extends Type ? Name : never
}[MetricName]
export type LabelsOf<Name extends MetricName> = { [Label in Table[Name]['labels'][number] & LabelName]: ValueOf<Label> }
export type Reading<Name extends MetricName> = { labels: LabelsOf<Name>; value: number }

/** What this process has counted and measured. Only what the table names can be recorded, with its labels alone. */
export type Metrics = {
  count<Name extends Named<'counter'>>(name: Name, labels: LabelsOf<Name>, times?: number): void
  /** @param value in the metric's unit. */
  observe<Name extends Named<'histogram'>>(name: Name, labels: LabelsOf<Name>, value: number): void
  /** Says how a metric stands, whenever it is read; what is no longer told is gone. Once for each metric. */
  read<Name extends Named<'gauge' | 'counter'>>(name: Name, read: () => Reading<Name>[]): void
  /** Called before each reading, and waited for. */
  beforeReading(prepare: () => Promise<void>): void
  /** All of it, in the text format of Prometheus. */
  render(): Promise<string>
}

/** For what runs without anybody to read it: commands, simulations. */
export const recordsNothing: Metrics = {
  count: () => {},
  observe: () => {},
  read: () => {},
  beforeReading: () => {},
  render: async () => '',
}

/**
 * What is rare is there from the start, at 0: Prometheus sees growth only between two readings, so a counter that began
 * with its first event would hide that one.
 */
const mostAtStart = 64

/** @param roles of the process: what others have is not told by it, unless it records it all the same. */
export function createMetrics(roles: ReadonlySet<Role>): Metrics {
  const registry = new Registry()
  const admit = createLabelGate()
  const counters = new Map<MetricName, Counter>()
  const histograms = new Map<MetricName, Histogram>()
  const preparations: (() => Promise<void>)[] = []

  const counterOf = (name: MetricName): Counter => {
    const known = counters.get(name)
    if (known !== undefined) return known
    const counter = new Counter({ ...describe(name), registers: [registry] })
    counters.set(name, counter)
    return counter
  }
  const histogramOf = (name: MetricName): Histogram => {
    const known = histograms.get(name)
    if (known !== undefined) return known
    const { buckets = [] }: MetricRow = metricsTable[name]
    const histogram = new Histogram({ ...describe(name), buckets: [...buckets], registers: [registry] })
    histograms.set(name, histogram)
    return histogram
  }
  const admitAll = (labels: object): Record<string, string> => {
    const admitted: Record<string, string> = {}
    for (const [label, value] of Object.entries(labels)) admitted[label] = admit(label as LabelName, String(value))
    return admitted
  }

  for (const [name, row] of Object.entries(metricsTable) as [MetricName, MetricRow][]) {
    if (!row.roles.some((role) => roles.has(role))) continue
    if (row.type === 'histogram') histogramOf(name)
    if (row.type === 'counter') for (const labels of listCombinations(row.labels)) counterOf(name).inc(labels, 0)
  }
  return {
    count: (name, labels, times = 1) => counterOf(name).inc(admitAll(labels), times),
    observe: (name, labels, value) => histogramOf(name).observe(admitAll(labels), value),
    read(name, read) {
      type Emptied = { reset(): void; remove(): void }
      const refill = (metric: Emptied, put: (labels: Record<string, string>, value: number) => void) => {
        metric.reset()
        // Without labels there is a 0 left, which nobody has read anywhere.
        if (metricsTable[name].labels.length === 0) metric.remove()
        for (const { labels, value } of read()) put(admitAll(labels), value)
      }
      if (metricsTable[name].type === 'counter') {
        const counter = counterOf(name)
        preparations.push(async () => refill(counter, (labels, value) => counter.inc(labels, value)))
        return
      }
      // Added, because accounts beyond the bound share one value of their label.
      const gauge = new Gauge({ ...describe(name), registers: [registry] })
      preparations.push(async () => refill(gauge, (labels, value) => gauge.inc(labels, value)))
    },
    beforeReading: (prepare) => void preparations.unshift(prepare),
    async render() {
      for (const prepare of preparations) await prepare()
      return registry.metrics()
    },
  }
}

function describe(name: MetricName): { name: string; help: string; labelNames: string[] } {
  const { help, labels } = metricsTable[name]
  return { name, help, labelNames: [...labels] }
}

/** Every combination of the values of closed labels, where there are few; none otherwise. */
function listCombinations(names: readonly LabelName[]): Record<string, string>[] {
  if (names.reduce((product, name) => product * mostValues(name), 1) > mostAtStart) return []
  let combinations: Record<string, string>[] = [{}]
  for (const name of names) {
    const label = labelTable[name]
    if (!('values' in label)) return []
    combinations = combinations.flatMap((known) => label.values.map((value) => ({ ...known, [name]: value })))
  }
  return combinations
}
