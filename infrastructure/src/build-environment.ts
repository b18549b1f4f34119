import { App, Stack, Validations } from 'aws-cdk-lib/core'
import { createAlarms } from './alarms/alarms.ts'
import { createTopic } from './alarms/topic.ts'
import { createAudit } from './audit/audit.ts'
import { scheduleAuditExport } from './audit/export-schedule.ts'
import { createBackups } from './data/backups.ts'
import { createDatabase } from './data/database.ts'
import { createKeys } from './data/keys.ts'
import { findSecrets } from './data/secrets.ts'
import { createEdge } from './edge/load-balancers.ts'
import type { Environment } from './environments.ts'
import { createWorkspace } from './metrics/workspace.ts'
import { ports } from './network/allowed-flows.ts'
import { createNetwork } from './network/network.ts'
import { createRepositories } from './services/images.ts'
import { createMigrations } from './services/migrations.ts'
import { createServices } from './services/services.ts'
import type { ServiceName } from './services/services-table.ts'
import type { Releases } from './services/task-definition.ts'

/**
 * An app. With `againstSchemas` its templates are compared with the schemas of CloudFormation as they are made, and a finding
 * ends it: as before each deployment, but not in the tests, since that takes seven seconds.
 */
export function createApp(outdir: string, { againstSchemas }: { againstSchemas: boolean }): App {
  const app = new App({
    outdir,
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: againstSchemas,
    context: { '@aws-cdk/core:validateAgainstDefaultRules': true },
  })
  Validations.of(app).acknowledge({
    id: 'CloudFormation-Validate::W3010',
    reason: 'Zones are named, so that the templates are complete without asking an account.',
  })
  return app
}

/**
 * The stacks of one environment, in the order in which they are deployed. `releases` are the tags of the images that the
 * services run.
 */
export function buildEnvironment(app: App, environment: Environment, releases: Releases): Stack[] {
  const stack = (part: string) =>
    new Stack(app, `fincore-${environment.name}-${part}`, {
      env: { account: environment.account, region: environment.region },
      terminationProtection: true,
      analyticsReporting: false,
      tags: { application: 'fincore', environment: environment.name },
    })

  const foundation = stack('foundation')
  const keys = createKeys(foundation, environment)
  const audit = createAudit(foundation, environment, keys)
  const network = createNetwork(foundation, environment, keys)
  const images = createRepositories(foundation, environment, keys)

  const data = stack('data')
  const database = createDatabase(data, environment, {
    keys,
    subnetIds: network.subnets.data.map(({ id }) => id),
    securityGroupId: network.securityGroups.database.attrGroupId,
    port: ports.database,
  })
  createBackups(data, environment, { keys, database })

  const migrations = stack('migrations')
  const shared = { images, secrets: findSecrets(migrations, environment), keys, logs: audit.logGroups, releases }
  const cluster = createMigrations(migrations, environment, { network, database, shared })

  const service = stack('service')
  const edge = createEdge(service, environment, { network, keys, accessLogBucket: audit.logBucket.ref })
  const topicArn = createTopic(service, environment, keys).ref
  const workspace = createWorkspace(service, environment, { keys, topicArn })
  const services = createServices(service, environment, { cluster, network, edge, database, workspace, shared })
  scheduleAuditExport(service, environment, { services, network })
  createAlarms(service, environment, {
    keys,
    logGroups: audit.logGroups,
    topicArn,
    watched: {
      edge,
      database,
      workspace,
      services: { cluster: services.clusterName, names: Object.keys(services.serviceNames) as ServiceName[] },
    },
  })
  return [foundation, data, migrations, service]
}
