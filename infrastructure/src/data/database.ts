import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnDBCluster, CfnDBClusterParameterGroup, CfnDBInstance, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { createLogGroup } from '../log-group.ts'
import { databaseParameters } from './database-parameters.ts'
import type { Keys } from './keys.ts'
import { createServiceRole } from './roles.ts'

/** What the services, the backups and the alarms need to know of the database. */
export type Database = {
  /** The writer's host. */
  endpoint: string
  port: number
  /** Its name in ARNs of `rds-db:connect`, `cluster-…`. */
  resourceId: string
  clusterId: string
  clusterArn: string
  /** The instances by their names: the writer first, as long as none has failed over. */
  instanceIds: string[]
}

/** The logins of docs/aws/data.md. Both come with a token of IAM; neither has a password. */
export const databaseLogins = { app: 'fincore_app', owner: 'fincore_owner' } as const
export type DatabaseLogin = (typeof databaseLogins)[keyof typeof databaseLogins]
export const databaseName = 'fincore'

/** The major version that FinCore is tested with. */
const engineVersion = '18.4'
const engine = 'aurora-postgresql'

/**
 * Aurora PostgreSQL Serverless v2 over the three zones, in subnets without a way out. Its master login is used once, to make the
 * other two; RDS keeps and rotates its password.
 */
export function createDatabase(
  scope: Construct,
  environment: Environment,
  {
    keys,
    subnetIds,
    securityGroupId,
    port,
  }: { keys: Keys; subnetIds: string[]; securityGroupId: string; port: number },
): Database {
  const home = new Construct(scope, 'Database')
  const clusterId = `fincore-${environment.name}`
  const { minCapacity, maxCapacity, readers, backupDays } = environment.database
  const log = createLogGroup(home, 'Log', `/aws/rds/cluster/${clusterId}/postgresql`, keys)
  const cluster = new CfnDBCluster(home, 'Cluster', {
    dbClusterIdentifier: clusterId,
    engine,
    engineVersion,
    databaseName,
    port,
    dbSubnetGroupName: createSubnetGroup(home, environment, subnetIds).ref,
    dbClusterParameterGroupName: createParameters(home, environment).ref,
    vpcSecurityGroupIds: [securityGroupId],
    serverlessV2ScalingConfiguration: { minCapacity, maxCapacity },
    masterUsername: 'fincore_master',
    manageMasterUserPassword: true,
    masterUserSecret: { kmsKeyId: keys.secrets.keyArn },
    enableIamDatabaseAuthentication: true,
    storageEncrypted: true,
    kmsKeyId: keys.database.keyArn,
    backupRetentionPeriod: backupDays,
    preferredBackupWindow: '01:00-02:00',
    preferredMaintenanceWindow: 'tue:03:00-tue:04:00',
    copyTagsToSnapshot: true,
    deletionProtection: true,
    enableCloudwatchLogsExports: ['postgresql'],
  })
  cluster.addResourceDependency(log)
  cluster.applyRemovalPolicy(RemovalPolicy.SNAPSHOT)
  const monitoring = createMonitoringRole(home, environment, keys)
  const instances = Array.from({ length: 1 + readers }, (_, index) => {
    const instance = new CfnDBInstance(home, `Instance${index + 1}`, {
      dbInstanceIdentifier: `${clusterId}-${index + 1}`,
      dbClusterIdentifier: cluster.ref,
      dbInstanceClass: 'db.serverless',
      engine,
      // Readers of tiers 0 and 1 are as large as the writer, so that a failover meets no small one.
      promotionTier: index === 0 ? 0 : 1,
      publiclyAccessible: false,
      autoMinorVersionUpgrade: true,
      enablePerformanceInsights: true,
      performanceInsightsKmsKeyId: keys.database.keyArn,
      performanceInsightsRetentionPeriod: 7,
      monitoringInterval: 60,
      monitoringRoleArn: monitoring,
    })
    instance.applyRemovalPolicy(RemovalPolicy.SNAPSHOT)
    return instance
  })
  return {
    endpoint: cluster.attrEndpointAddress,
    port,
    resourceId: cluster.attrDbClusterResourceId,
    clusterId,
    clusterArn: cluster.attrDbClusterArn,
    instanceIds: instances.map(({ ref }) => ref),
  }
}

function createSubnetGroup(scope: Construct, environment: Environment, subnetIds: string[]): CfnDBSubnetGroup {
  return new CfnDBSubnetGroup(scope, 'Subnets', {
    dbSubnetGroupName: `fincore-${environment.name}`,
    dbSubnetGroupDescription: 'The subnets without a way out',
    subnetIds,
  })
}

function createParameters(scope: Construct, environment: Environment): CfnDBClusterParameterGroup {
  return new CfnDBClusterParameterGroup(scope, 'Parameters', {
    dbClusterParameterGroupName: `fincore-${environment.name}-18`,
    description: 'What docs/operating.md asks of the database log, TLS by force',
    family: `${engine}18`,
    parameters: Object.fromEntries(databaseParameters.map(({ name, value }) => [name, value])),
  })
}

/** Enhanced monitoring writes into one log group of this name in the account, a stream for each instance. */
function createMonitoringRole(scope: Construct, environment: Environment, keys: Keys): string {
  const name = 'RDSOSMetrics'
  const log = createLogGroup(scope, 'MonitoringLog', name, keys)
  const { region, account } = environment
  // A stream is named as the instance's resource: `db-` and 26 characters.
  const stream = `arn:aws:logs:${region}:${account}:log-group:${name}:log-stream:db-${'?'.repeat(26)}`
  const role = createServiceRole(scope, environment, 'database-monitoring', {
    service: 'monitoring.rds.amazonaws.com',
    statements: [
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams', 'logs:GetLogEvents'],
        resources: [`arn:aws:logs:${region}:${account}:log-group:${name}`, stream],
      }),
    ],
  })
  role.node.addDependency(log)
  return role.roleArn
}

/** The right to come to the database as one of its logins, for a task's role. */
export function allowConnection(
  environment: Environment,
  { resourceId }: Pick<Database, 'resourceId'>,
  login: DatabaseLogin,
): PolicyStatement {
  return new PolicyStatement({
    sid: 'ComeToDatabase',
    actions: ['rds-db:connect'],
    resources: [`arn:aws:rds-db:${environment.region}:${environment.account}:dbuser:${resourceId}/${login}`],
  })
}
