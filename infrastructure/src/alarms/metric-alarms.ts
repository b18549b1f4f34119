import { deliveryName } from '../audit/delivery.ts'
import type { Database } from '../data/database.ts'
import type { Edge } from '../edge/load-balancers.ts'
import type { Environment } from '../environments.ts'

/** One alarm on a metric of AWS: breached when the metric is on the wrong side in so many of its last periods. */
export type MetricAlarm = {
  name: string
  /** The part of the dashboard it stands in. */
  group: string
  namespace: string
  metric: string
  dimensions: Record<string, string>
  statistic: 'Sum' | 'Average' | 'Maximum' | 'Minimum'
  periodSeconds: number
  periods: number
  comparison: '>' | '<'
  threshold: number
  /** What no data means; nothing, where nothing is said. */
  missing?: 'breaching' | 'notBreaching'
  meaning: string
  runbook: string
}

/** What there is to watch. */
export type Watched = {
  edge: Edge
  database: Database
  /** The services of ECS by the names that Container Insights knows. */
  services: { cluster: string; names: readonly string[] }
}

/** All alarms on metrics that AWS keeps by itself. */
export function listMetricAlarms(environment: Environment, { edge, database, services }: Watched): MetricAlarm[] {
  return [
    ...Object.entries(edge).flatMap(([name, door]) => watchDoor(environment, name, door)),
    ...services.names.flatMap((name) => watchService(services.cluster, name)),
    ...watchDatabase(environment, database),
    ...environment.zones.map((zone, index) => watchFirewall(environment, zone, index)),
    ...watchDeliveries(environment),
  ]
}

function watchDoor(environment: Environment, name: string, door: Edge[keyof Edge]): MetricAlarm[] {
  const balancer = { LoadBalancer: door.loadBalancerName }
  const targets = { ...balancer, TargetGroup: door.targetGroupName }
  const base = {
    group: `Door ${name}`,
    namespace: 'AWS/ApplicationELB',
    periodSeconds: 60,
    missing: 'notBreaching',
  } as const
  return [
    {
      ...base,
      name: `${name}-5xx-of-service`,
      metric: 'HTTPCode_Target_5XX_Count',
      dimensions: balancer,
      statistic: 'Sum',
      periods: 5,
      comparison: '>',
      threshold: 10,
      meaning: 'the service answers with 5xx',
      runbook: 'process.md',
    },
    {
      ...base,
      name: `${name}-5xx-of-balancer`,
      metric: 'HTTPCode_ELB_5XX_Count',
      dimensions: balancer,
      statistic: 'Sum',
      periods: 3,
      comparison: '>',
      threshold: 5,
      meaning: 'the load balancer finds nobody who answers',
      runbook: 'aws.md#a-load-balancer-finds-nobody',
    },
    {
      ...base,
      name: `${name}-no-healthy-target`,
      metric: 'HealthyHostCount',
      dimensions: targets,
      statistic: 'Minimum',
      periods: 2,
      comparison: '<',
      threshold: 1,
      missing: 'breaching',
      meaning: 'not one task is ready',
      runbook: 'aws.md#a-load-balancer-finds-nobody',
    },
    {
      ...base,
      name: `${name}-unhealthy-target`,
      metric: 'UnHealthyHostCount',
      dimensions: targets,
      statistic: 'Minimum',
      periods: 10,
      comparison: '>',
      threshold: 0,
      meaning: 'a task has not been ready for ten minutes',
      runbook: 'process.md',
    },
    {
      ...base,
      name: `${name}-requests-blocked`,
      group: 'Firewalls',
      namespace: 'AWS/WAFV2',
      metric: 'BlockedRequests',
      dimensions: { WebACL: `fincore-${environment.name}-${name}`, Region: environment.region, Rule: 'ALL' },
      statistic: 'Sum',
      periodSeconds: 300,
      periods: 1,
      comparison: '>',
      threshold: 1000,
      meaning: 'the web application firewall turns away many requests',
      runbook: 'aws.md#the-web-application-firewall-blocks',
    },
  ]
}

function watchService(cluster: string, name: string): MetricAlarm[] {
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

function watchDatabase({ database: { maxCapacity, readers } }: Environment, { clusterId }: Database): MetricAlarm[] {
  const dimensions = { DBClusterIdentifier: clusterId }
  const base = { group: 'Database', namespace: 'AWS/RDS', dimensions, periodSeconds: 60, comparison: '>' } as const
  const gib = 1024 ** 3
  return [
    {
      ...base,
      name: 'database-cpu',
      metric: 'CPUUtilization',
      statistic: 'Average',
      periods: 10,
      threshold: 85,
      meaning: 'the database has been busy for ten minutes',
      runbook: 'database-slow.md',
    },
    {
      ...base,
      name: 'database-capacity',
      metric: 'ServerlessDatabaseCapacity',
      statistic: 'Average',
      periods: 10,
      threshold: maxCapacity * 0.85,
      meaning: 'the database is nearly as large as it may become',
      runbook: 'database-slow.md',
    },
    {
      ...base,
      name: 'database-connections',
      metric: 'DatabaseConnections',
      dimensions: { ...dimensions, Role: 'WRITER' },
      statistic: 'Maximum',
      periods: 5,
      threshold: 400,
      meaning: 'many connections; PostgreSQL has a place for each, and no more',
      runbook: 'database-slow.md',
    },
    {
      ...base,
      name: 'database-memory',
      metric: 'FreeableMemory',
      dimensions: { ...dimensions, Role: 'WRITER' },
      statistic: 'Minimum',
      periods: 5,
      comparison: '<',
      threshold: 0.25 * gib,
      meaning: 'memory runs out',
      runbook: 'database-slow.md',
    },
    {
      ...base,
      name: 'database-local-storage',
      metric: 'FreeLocalStorage',
      statistic: 'Minimum',
      periods: 5,
      comparison: '<',
      threshold: 5 * gib,
      meaning: 'the room for sorting and temporary files runs out; that of the tables grows by itself',
      runbook: 'database-full.md',
    },
    {
      ...base,
      name: 'database-volume',
      metric: 'VolumeBytesUsed',
      statistic: 'Maximum',
      periodSeconds: 3600,
      periods: 1,
      threshold: 10 * 1024 * gib,
      meaning: 'ten TiB: nobody meant it to be so large',
      runbook: 'database-full.md',
    },
    {
      ...base,
      name: 'database-transaction-ids',
      metric: 'MaximumUsedTransactionIDs',
      statistic: 'Maximum',
      periodSeconds: 300,
      periods: 1,
      threshold: 1_000_000_000,
      meaning: 'vacuum does not keep up; at two thousand million the database stops',
      runbook: 'database-full.md',
    },
    // Without a reader there is no lag, and the metric never comes.
    ...(readers === 0
      ? []
      : [
          {
            ...base,
            name: 'database-reader-behind',
            metric: 'AuroraReplicaLagMaximum',
            statistic: 'Maximum',
            periods: 5,
            threshold: 1000,
            meaning: 'a reader is a second behind; it would take over after that',
            runbook: 'aws.md#the-database-failed-over',
          } as const,
        ]),
  ]
}

function watchFirewall(environment: Environment, zone: string, index: number): MetricAlarm {
  return {
    name: `firewall-drops-${zone}`,
    group: 'Firewalls',
    namespace: 'AWS/NetworkFirewall',
    metric: 'DroppedPackets',
    dimensions: { FirewallName: `fincore-${environment.name}-${index}`, AvailabilityZone: zone, Engine: 'Stateful' },
    statistic: 'Sum',
    periodSeconds: 300,
    periods: 1,
    comparison: '>',
    threshold: 100,
    missing: 'notBreaching',
    meaning: 'a task wants to go where it may not',
    runbook: 'aws.md#the-network-firewall-drops',
  }
}

function watchDeliveries(environment: Environment): MetricAlarm[] {
  const stream = (what: 'seals' | 'exports') => ({ DeliveryStreamName: deliveryName(environment, what) })
  const late = (what: 'seals' | 'exports'): MetricAlarm => ({
    name: `archive-${what}-late`,
    group: 'Audit',
    namespace: 'AWS/Firehose',
    metric: 'DeliveryToS3.DataFreshness',
    dimensions: stream(what),
    statistic: 'Maximum',
    periodSeconds: 300,
    periods: 3,
    comparison: '>',
    threshold: 1800,
    missing: 'notBreaching',
    meaning: 'what should be in the archive has waited for half an hour',
    runbook: 'aws.md#the-archive-gets-nothing',
  })
  return [
    late('seals'),
    late('exports'),
    {
      name: 'audit-export-missing',
      group: 'Audit',
      namespace: 'AWS/Firehose',
      metric: 'IncomingRecords',
      dimensions: stream('exports'),
      statistic: 'Sum',
      periodSeconds: 86_400,
      periods: 1,
      comparison: '<',
      threshold: 1,
      missing: 'breaching',
      meaning: 'no export of the audit log came for a day',
      runbook: 'aws.md#the-archive-gets-nothing',
    },
  ]
}
