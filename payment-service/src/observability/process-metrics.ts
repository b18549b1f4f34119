import { readdirSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay, PerformanceObserver, constants as perfConstants, performance } from 'node:perf_hooks'
import type { Metrics } from './metrics.ts'

const gcKinds = new Map([
  [perfConstants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [perfConstants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [perfConstants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [perfConstants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
] as const)
/** How often the delay of the event loop is looked at, in ms. Twice as often costs twice as much, 5 ms of CPU a second. */
const resolutionMs = 20

/** Measures the process itself, until it is told to stop. */
export function measureProcess(metrics: Metrics): { stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  metrics.read('fincore_event_loop_delay_seconds', () => {
    // Node's histogram holds the whole time between two looks, so what was waited for on purpose is taken off.
    const seconds = (nanoseconds: number) => Math.max(0, (nanoseconds / 1e6 - resolutionMs) / 1_000)
    const readings = [
      { labels: { quantile: '0.5' as const }, value: seconds(delay.percentile(50)) },
      { labels: { quantile: '0.99' as const }, value: seconds(delay.percentile(99)) },
      { labels: { quantile: '1' as const }, value: seconds(delay.max) },
    ]
    const hasLooked = delay.count > 0
    delay.reset()
    return hasLooked ? readings : []
  })
  const gc = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as { detail?: { kind?: number } }).detail ?? {}
      const name = gcKinds.get(kind as never)
      if (name !== undefined) metrics.observe('fincore_gc_duration_seconds', { gc: name }, entry.duration / 1_000)
    }
  })
  gc.observe({ entryTypes: ['gc'] })

  const one = (value: number) => [{ labels: {}, value }]
  metrics.read('fincore_event_loop_active_seconds_total', () => one(performance.eventLoopUtilization().active / 1_000))
  metrics.read('fincore_heap_used_bytes', () => one(process.memoryUsage().heapUsed))
  metrics.read('process_resident_memory_bytes', () => one(process.memoryUsage.rss()))
  metrics.read('process_start_time_seconds', () => one(performance.timeOrigin / 1_000))
  metrics.read('process_open_fds', () => countOpenFiles())
  metrics.read('process_cpu_seconds_total', () => {
    const { user, system } = process.cpuUsage()
    return [
      { labels: { mode: 'user' }, value: user / 1e6 },
      { labels: { mode: 'system' }, value: system / 1e6 },
    ]
  })
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  metrics.read('fincore_build_info', () => [{ labels: { version: String(version) }, value: 1 }])
  return {
    stop() {
      delay.disable()
      gc.disconnect()
    },
  }
}

/** Linux alone tells them; what it does not tell is not told. */
function countOpenFiles(): { labels: Record<never, never>; value: number }[] {
  try {
    return [{ labels: {}, value: readdirSync('/proc/self/fd').length }]
  } catch {
    return []
  }
}
