import { CfnCluster } from 'aws-cdk-lib/aws-ecs'
import { CfnOutput, Fn } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { allowConnection, type Database, databaseLogins } from '../data/database.ts'
import type { Environment } from '../environments.ts'
import type { Network } from '../network/network.ts'
import { createOneOffTask } from './one-off-task.ts'
import { settingsOf } from './settings.ts'
import type { Shared } from './task-definition.ts'

/** Where tasks run. */
export type Cluster = { name: string; arn: string }

/**
 * The cluster, and the task that migrates the database. They are a stack of their own, before the services': a release's
 * migrations run when nothing of it serves yet. Its outputs are what the command that runs it must be told.
 */
export function createMigrations(
  scope: Construct,
  environment: Environment,
  { network, database, shared }: { network: Network; database: Database; shared: Shared },
): Cluster {
  const home = new Construct(scope, 'Migrations')
  const cluster = new CfnCluster(home, 'Cluster', {
    clusterName: `fincore-${environment.name}`,
    clusterSettings: [{ name: 'containerInsights', value: 'enhanced' }],
  })
  const task = createOneOffTask(home, environment, 'migrations', {
    command: ['fincore', 'migrate'],
    settings: settingsOf(environment, { database, keys: shared.keys }).migrations,
    rights: [allowConnection(environment, database, databaseLogins.owner)],
    shared,
  })
  const outputs = {
    MigrationsTask: task.ref,
    MigrationsSubnets: Fn.join(
      ',',
      network.subnets.application.map(({ id }) => id),
    ),
    MigrationsSecurityGroup: network.securityGroups.migrations.attrGroupId,
  }
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(scope, name, { value })
  return { name: cluster.ref, arn: cluster.attrArn }
}
