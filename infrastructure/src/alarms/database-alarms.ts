import type { Database } from '../data/database.ts'
import type { Environment } from '../environments.ts'
import type { MetricAlarm } from './metric-alarms.ts'

/** The database: what slows it, and what would stop it. */
export function watchDatabase(
  { database: { maxCapacity, readers } }: Environment,
  { clusterId }: Database,
): MetricAlarm[] {
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
