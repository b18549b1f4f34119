import type { Database } from '../data/database.ts'
import type { Edge } from '../edge/load-balancers.ts'
import type { Environment } from '../environments.ts'
import type { Workspace } from '../metrics/workspace.ts'
import { type ServiceName, servicesTable } from '../services/services-table.ts'
import { watchDatabase } from './database-alarms.ts'
import { watchDeliveries } from './delivery-alarms.ts'
import { watchDoor, watchFirewall } from './edge-alarms.ts'
import { watchMetrics } from './metrics-alarms.ts'
import { watchCollector, watchService } from './service-alarms.ts'

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
  workspace: Workspace
  /** The services of ECS by the names that Container Insights knows. */
  services: { cluster: string; names: readonly ServiceName[] }
}

/** All alarms on metrics that AWS keeps by itself. */
export function listMetricAlarms(
  environment: Environment,
  { edge, database, workspace, services }: Watched,
): MetricAlarm[] {
  return [
    ...Object.entries(edge).flatMap(([name, door]) => watchDoor(environment, name, door)),
    ...services.names.flatMap((name) => watchService(services.cluster, name)),
    ...watchDatabase(environment, database),
    ...environment.zones.slice(0, environment.firewalls).map((zone, index) => watchFirewall(environment, zone, index)),
    ...watchDeliveries(environment),
    ...services.names
      .filter((name) => servicesTable[name].servesMetrics)
      .map((name) => watchCollector(services.cluster, name)),
    ...watchMetrics(workspace),
  ]
}
