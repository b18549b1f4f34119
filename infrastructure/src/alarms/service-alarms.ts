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
