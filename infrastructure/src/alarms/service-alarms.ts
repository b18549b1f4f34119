import { collectorName } from '../metrics/collector.ts'
import type { MetricAlarm } from './metric-alarms.ts'

/** The tasks of a service. */
export function watchService(cluster: string, name: string): MetricAlarm[] {
  const dimensions = { ClusterName: cluster, ServiceName: name }
  const base = { group: 'Services', dimensions, statistic: 'Average', comparison: '>', periodSeconds: 60 } as const
  return [
    {
      ...base,
      name: `${name}-not-running`,
      namespace: 'ECS/ContainerInsights',
      metric: 'RunningTaskCount',
      statistic: 'Minimum',
      periods: 3,
      comparison: '<',
      threshold: 1,
      missing: 'breaching',
      meaning: 'no task of the service runs',
      runbook: 'process.md',
    },
    {
      ...base,
      name: `${name}-cpu`,
      namespace: 'AWS/ECS',
      metric: 'CPUUtilization',
      periods: 10,
      threshold: 85,
      meaning: 'its tasks have been busy for ten minutes, and more of them did not help',
      runbook: 'overload.md',
    },
    {
      ...base,
      name: `${name}-memory`,
      namespace: 'AWS/ECS',
      metric: 'MemoryUtilization',
      periods: 10,
      threshold: 85,
      meaning: 'its tasks run out of memory',
      runbook: 'process.md',
    },
  ]
}

/** The collector of metrics beside each task of a service: does it answer its health check? */
export function watchCollector(cluster: string, name: string): MetricAlarm {
  return {
    name: `${name}-collector-unhealthy`,
    group: 'Metrics',
    namespace: 'ECS/ContainerInsights',
    metric: 'UnHealthyContainerHealthStatus',
    dimensions: { ClusterName: cluster, ServiceName: name, ContainerName: collectorName },
    statistic: 'Maximum',
    periodSeconds: 60,
    periods: 5,
    comparison: '>',
    threshold: 0,
    meaning: 'a task’s collector of metrics does not answer; payments go on',
    runbook: 'aws.md#metrics-do-not-arrive',
  }
}
