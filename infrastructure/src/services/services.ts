import { CfnService, type CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { auditExportCommand } from '../audit/export-schedule.ts'
import { allowConnection, type Database, databaseLogins } from '../data/database.ts'
import type { Edge } from '../edge/load-balancers.ts'
import type { Environment } from '../environments.ts'
import { collectorConfig } from '../metrics/collector-config.ts'
import { allowRemoteWrite, type Workspace } from '../metrics/workspace.ts'
import type { Network } from '../network/network.ts'
import { createInternalTls, type InternalTls } from './internal-tls.ts'
import type { Cluster } from './migrations.ts'
import { createOneOffTask } from './one-off-task.ts'
import { scaleService } from './scaling.ts'
import { internalName, type ServiceName, type ServiceRow, servicesTable } from './services-table.ts'
import { settingsOf } from './settings.ts'
import { createTaskDefinition, type Shared } from './task-definition.ts'

/** What alarms and scheduled tasks need to know. */
export type Services = {
  clusterName: string
  clusterArn: string
  serviceNames: Record<ServiceName, string>
  auditExport: CfnTaskDefinition
}

/** The four services, the task that exports the audit log each night, and the one in which operators run commands. */
export function createServices(
  scope: Construct,
  environment: Environment,
  {
    cluster,
    network,
    edge,
    database,
    workspace,
    shared,
  }: { cluster: Cluster; network: Network; edge: Edge; database: Database; workspace: Workspace; shared: Shared },
): Services {
  const home = new Construct(scope, 'Services')
  const tls = createInternalTls(home, environment)
  const settings = settingsOf(environment, { database, keys: shared.keys })
  const rightsOf = (name: ServiceName): PolicyStatement[] =>
    servicesTable[name].image === 'card-relay'
      ? []
      : [
          allowConnection(environment, database, databaseLogins.app),
          new PolicyStatement({
            sid: 'WrapDataKeys',
            actions: ['kms:Encrypt', 'kms:Decrypt'],
            resources: [shared.keys.credentials.keyArn],
          }),
        ]
  const made = new Map<ServiceName, CfnService>()
  const create = (name: ServiceName): string => {
    const row = servicesTable[name]
    const size = environment.tasks[name]
    const task = {
      ...row,
      program: null,
      settings: settings[name],
      size,
      rights: [...rightsOf(name), ...(row.servesMetrics ? [allowRemoteWrite(workspace)] : [])],
      collector: row.servesMetrics ? collectorConfig(name, environment.region, workspace.remoteWriteUrl) : null,
    }
    const definition = createTaskDefinition(home, environment, name, task, shared)
    const service = createService(home, name, { row, definition, cluster, network, edge, tls })
    made.set(name, service)
    const door = row.door ? edge[row.door.name] : null
    scaleService(home, name, { row, service, cluster: cluster.name, bounds: size, door })
    return service.attrName
  }
  const serviceNames = { api: create('api'), worker: create('worker'), admin: create('admin'), relay: create('relay') }
  // A task knows those names of Service Connect that there were when it started, and learns no other.
  const [caller, called] = [made.get('relay'), made.get('api')]
  if (caller && called) caller.addResourceDependency(called)
  createOneOffTask(home, environment, 'command', {
    command: ['fincore', 'encryption', 'status'],
    settings: settings.command,
    rights: rightsOf('worker'),
    shared,
  })
  const auditExport = createOneOffTask(home, environment, 'auditExport', {
    command: auditExportCommand,
    settings: settings.auditExport,
    rights: [allowConnection(environment, database, databaseLogins.app)],
    shared,
  })
  return { clusterName: cluster.name, clusterArn: cluster.arn, serviceNames, auditExport }
}

function createService(
  scope: Construct,
  name: ServiceName,
  made: {
    row: ServiceRow
    definition: CfnTaskDefinition
    cluster: Cluster
    network: Network
    edge: Edge
    tls: InternalTls
  },
): CfnService {
  const { row, network, tls } = made
  const door = row.door ? { ...made.edge[row.door.name], port: row.door.port } : null
  const connect =
    connectionOf(row, tls) ?? (name === 'relay' ? { enabled: true, namespace: tls.namespaceArn } : undefined)
  const service = new CfnService(scope, `Service-${name}`, {
    serviceName: name,
    cluster: made.cluster.arn,
    taskDefinition: made.definition.ref,
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    // How many there are is the scaling's business: a number here would undo it with every deployment.
    enableExecuteCommand: false,
    propagateTags: 'SERVICE',
    availabilityZoneRebalancing: 'ENABLED',
    networkConfiguration: {
      awsvpcConfiguration: {
        assignPublicIp: 'DISABLED',
        subnets: network.subnets[row.subnets].map(({ id }) => id),
        securityGroups: [network.securityGroups[row.party].attrGroupId],
      },
    },
    deploymentConfiguration: {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
    },
    ...(door
      ? {
          loadBalancers: [{ containerName: name, containerPort: door.port, targetGroupArn: door.targetGroupArn }],
          healthCheckGracePeriodSeconds: 60,
        }
      : {}),
    ...(connect ? { serviceConnectConfiguration: connect } : {}),
  })
  if (door) service.addResourceDependency(door.listener)
  if (connect) service.addResourceDependency(tls.activation)
  return service
}

/** What a service offers to others by Service Connect: its proxy ends TLS, and hands on inside the task. */
function connectionOf(row: ServiceRow, tls: InternalTls): CfnService.ServiceConnectConfigurationProperty | undefined {
  if (!row.internalPort) return undefined
  return {
    enabled: true,
    namespace: tls.namespaceArn,
    services: [
      {
        portName: 'internal',
        discoveryName: internalName,
        clientAliases: [{ dnsName: internalName, port: row.internalPort }],
        // An instruction follows a report whenever the PSP has answered; the programs bound their waiting themselves.
        timeout: { idleTimeoutSeconds: 60, perRequestTimeoutSeconds: 0 },
        tls: { issuerCertificateAuthority: { awsPcaAuthorityArn: tls.authorityArn }, roleArn: tls.roleArn },
      },
    ],
  }
}
