import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnParameter } from 'aws-cdk-lib/aws-ssm'
import { CfnDeletionPolicy } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { LogGroups } from '../audit/log-groups.ts'
import type { Keys } from '../data/keys.ts'
import { createServiceRole, type RoleName } from '../data/roles.ts'
import { type AppSecrets, secretArnsOf, secretsOf } from '../data/secrets.ts'
import type { Environment } from '../environments.ts'
import { collectorContainer, collectorName, collectorSetting } from '../metrics/collector.ts'
import { collectorSize } from '../metrics/collector-config.ts'
import { collectorImage } from '../metrics/collector-image.ts'
import type { Images } from './images.ts'
import type { ServiceName, ServiceRow } from './services-table.ts'
import type { Settings } from './settings.ts'

export type Program = ServiceName | 'migrations' | 'auditExport' | 'command'
/** What all tasks are made of. */
export type Shared = { images: Images; secrets: AppSecrets; keys: Keys; logs: LogGroups; releases: Releases }
/** The tag of each image. */
export type Releases = Record<ServiceRow['image'], string>
export type Task = Pick<ServiceRow, 'image' | 'command' | 'door' | 'internalPort'> & {
  /** What runs in place of the image's own program; null for that one. */
  program: string | null
  settings: Settings
  size: { cpu: number; memory: number }
  alive: string | null
  /** What the task may do at AWS, by whichever of its containers; without any it gets no login there. */
  rights: PolicyStatement[]
  /** The configuration of the collector of metrics that stands beside the program; null for none. */
  collector: string | null
}

/** Longer than the 30 s in which a program ends, and as long as Fargate allows for a setting of its own. */
const stopTimeoutSeconds = 60
/** A log that is slow must not stop payments; what is lost then is counted by nobody, so the buffer is large. */
const neverWaitForLog = { mode: 'non-blocking', 'max-buffer-size': '25m' }
/** What AWS advises to leave of a task's processor for the proxy of Service Connect, which it puts beside as GuardDuty's agent. */
const cpuOfAws = 256
/** What every container is held to. The user is a number without meaning: no user of an image or of a machine has it. */
const confinement = {
  user: '65532:65532',
  privileged: false,
  readonlyRootFilesystem: true,
  linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
}

/**
 * The task of a program: not root, nothing writable, no capability, its settings from the parameter store and its secrets
 * from Secrets Manager. One container; where it serves metrics a second one, which collects them.
 */
export function createTaskDefinition(
  scope: Construct,
  environment: Environment,
  program: Program,
  task: Task,
  shared: Shared,
): CfnTaskDefinition {
  const toParameter = (name: string, value: string) => ({
    name,
    valueFrom: createParameter(scope, environment, program, name, value),
  })
  const parameters = Object.entries(task.settings).map(([name, value]) => toParameter(name, value))
  const collectorSettings = task.collector === null ? [] : [toParameter(collectorSetting, task.collector)]
  const secrets = secretsOf(program).map(({ key, setting }) => ({
    name: setting,
    valueFrom: shared.secrets[key].secretArn,
  }))
  const start = createServiceRole(scope, environment, `${program}-start`, {
    service: 'ecs-tasks.amazonaws.com',
    statements: rightsToStart(environment, program, task, shared, [...parameters, ...collectorSettings]),
  })
  const ports = [
    ...(task.door ? [{ name: 'door', containerPort: task.door.port, protocol: 'tcp', appProtocol: 'http' }] : []),
    ...(task.internalPort
      ? [{ name: 'internal', containerPort: task.internalPort, protocol: 'tcp', appProtocol: 'http' }]
      : []),
  ]
  const definition = new CfnTaskDefinition(scope, `Task-${program}`, {
    family: `fincore-${environment.name}-${program}`,
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
    cpu: String(task.size.cpu),
    memory: String(task.size.memory),
    executionRoleArn: start.roleArn,
    ...(task.rights.length > 0 ? { taskRoleArn: createTaskRole(scope, environment, program, task.rights) } : {}),
    containerDefinitions: [
      {
        name: program,
        image: `${shared.images[task.image].uri}:${shared.releases[task.image]}`,
        essential: true,
        ...(task.program ? { entryPoint: [task.program] } : {}),
        ...(task.command ? { command: task.command } : {}),
        ...confinement,
        // Of two containers, one without a share of its own would be given next to nothing when both want the processor.
        ...(task.collector === null ? {} : { cpu: task.size.cpu - collectorSize.cpu - cpuOfAws }),
        portMappings: ports,
        secrets: [...parameters, ...secrets],
        stopTimeout: stopTimeoutSeconds,
        ...(task.alive
          ? {
              healthCheck: {
                command: ['CMD', 'node', task.alive],
                interval: 15,
                timeout: 5,
                retries: 3,
                startPeriod: 30,
              },
            }
          : {}),
        logConfiguration: logTo(environment, shared.logs[program].ref, program),
      },
      ...(task.collector === null
        ? []
        : [
            {
              ...collectorContainer(`${shared.images[collectorImage.name].uri}@${collectorImage.digest}`),
              ...confinement,
              secrets: collectorSettings,
              logConfiguration: logTo(environment, shared.logs[collectorName].ref, program),
            },
          ]),
    ],
  })
  // The revision before stays usable, for going back to it at once.
  definition.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN
  return definition
}

function logTo({ region }: Environment, group: string, program: Program): CfnTaskDefinition.LogConfigurationProperty {
  return {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': group,
      'awslogs-region': region,
      'awslogs-stream-prefix': program,
      ...(program === 'auditExport' ? {} : neverWaitForLog),
    },
  }
}

/** Settings stand in the parameter store, which keeps who changed which, and when. Returns the parameter's ARN. */
function createParameter(
  scope: Construct,
  environment: Environment,
  program: Program,
  name: string,
  value: string,
): string {
  const parameter = new CfnParameter(scope, `Setting-${program}-${name}`, {
    name: `/fincore/${environment.name}/${program}/${name}`,
    type: 'String',
    value,
  })
  return `arn:aws:ssm:${environment.region}:${environment.account}:parameter${parameter.ref}`
}

/** What Fargate may do to start the task, and the task itself may not: fetch its images, settings and secrets, and log. */
function rightsToStart(
  environment: Environment,
  program: Program,
  task: Task,
  shared: Shared,
  parameters: { valueFrom: string }[],
): PolicyStatement[] {
  const secretArns = secretArnsOf(environment, program)
  return [
    // The registry gives tokens for all of its repositories alone.
    new PolicyStatement({ sid: 'EnterRegistry', actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
    new PolicyStatement({
      sid: 'FetchImage',
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      // The last is GuardDuty's agent, which Amazon keeps in an account of its own in each region.
      resources: [
        shared.images[task.image].repositoryArn,
        ...(task.collector === null ? [] : [shared.images[collectorImage.name].repositoryArn]),
        `arn:aws:ecr:${environment.region}:${environment.guardDutyAccount}:repository/aws-guardduty-agent-fargate`,
      ],
    }),
    new PolicyStatement({
      sid: 'Log',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [shared.logs[program], ...(task.collector === null ? [] : [shared.logs[collectorName]])].map(
        (group) => group.attrArn,
      ),
    }),
    new PolicyStatement({
      sid: 'ReadSettings',
      actions: ['ssm:GetParameters'],
      resources: parameters.map(({ valueFrom }) => valueFrom),
    }),
    ...(secretArns.length > 0
      ? [
          new PolicyStatement({
            sid: 'ReadSecrets',
            actions: ['secretsmanager:GetSecretValue'],
            resources: secretArns,
          }),
          new PolicyStatement({
            sid: 'OpenSecrets',
            actions: ['kms:Decrypt'],
            resources: [shared.keys.secrets.keyArn],
          }),
        ]
      : []),
  ]
}

function createTaskRole(
  scope: Construct,
  environment: Environment,
  program: Program,
  statements: PolicyStatement[],
): string {
  const name: RoleName = `${program}-task`
  return createServiceRole(scope, environment, name, { service: 'ecs-tasks.amazonaws.com', statements }).roleArn
}
