import { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnParameter } from 'aws-cdk-lib/aws-ssm'
import type { Construct } from 'constructs'
import type { LogGroups } from '../audit/log-groups.ts'
import type { Keys } from '../data/keys.ts'
import { createServiceRole, type RoleName } from '../data/roles.ts'
import { type AppSecrets, secretArnsOf, secretsOf } from '../data/secrets.ts'
import type { Environment } from '../environments.ts'
import type { Images } from './images.ts'
import type { ServiceName, ServiceRow } from './services-table.ts'
import type { Settings } from './settings.ts'

export type Program = ServiceName | 'migrations' | 'auditExport' | 'command'
/** What all tasks are made of. */
export type Shared = { images: Images; secrets: AppSecrets; keys: Keys; logs: LogGroups; release: string }
export type Task = Pick<ServiceRow, 'image' | 'command' | 'door' | 'internalPort'> & {
  /** What runs in place of the image's own program; null for that one. */
  program: string | null
  settings: Settings
  size: { cpu: number; memory: number }
  alive: string | null
  /** What the program itself may do at AWS; without any it gets no login there. */
  rights: PolicyStatement[]
}

/** Longer than the 30 s in which a program ends, and as long as Fargate allows for a setting of its own. */
const stopTimeoutSeconds = 60
/** A log that is slow must not stop payments; what is lost then is counted by nobody, so the buffer is large. */
const neverWaitForLog = { mode: 'non-blocking', 'max-buffer-size': '25m' }
/** A number without meaning: no user of the image or of a machine has it. */
const user = '65532:65532'

/**
 * The task of a program: one container, not root, nothing writable, no capability, its settings from the parameter store and
 * its secrets from Secrets Manager.
 */
export function createTaskDefinition(
  scope: Construct,
  environment: Environment,
  program: Program,
  task: Task,
  shared: Shared,
): CfnTaskDefinition {
  const parameters = Object.entries(task.settings).map(([name, value]) => ({
    name,
    valueFrom: createParameter(scope, environment, program, name, value),
  }))
  const secrets = secretsOf(program).map(({ key, setting }) => ({
    name: setting,
    valueFrom: shared.secrets[key].secretArn,
  }))
  const start = createServiceRole(scope, environment, `${program}-start`, {
    service: 'ecs-tasks.amazonaws.com',
    statements: rightsToStart(environment, program, task, shared, parameters),
  })
  const ports = [
    ...(task.door ? [{ name: 'door', containerPort: task.door.port, protocol: 'tcp', appProtocol: 'http' }] : []),
    ...(task.internalPort
      ? [{ name: 'internal', containerPort: task.internalPort, protocol: 'tcp', appProtocol: 'http' }]
      : []),
  ]
  return new CfnTaskDefinition(scope, `Task-${program}`, {
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
        image: `${shared.images[task.image].uri}:${shared.release}`,
        essential: true,
        ...(task.program ? { entryPoint: [task.program] } : {}),
        ...(task.command ? { command: task.command } : {}),
        user,
        privileged: false,
        readonlyRootFilesystem: true,
        linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
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
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': shared.logs[program].ref,
            'awslogs-region': environment.region,
            'awslogs-stream-prefix': program,
            ...(program === 'auditExport' ? {} : neverWaitForLog),
          },
        },
      },
    ],
  })
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

/** What Fargate may do to start the task, and the program itself may not: fetch its image, settings and secrets, and log. */
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
      // The second is GuardDuty's agent, which Amazon keeps in an account of its own in each region.
      resources: [
        shared.images[task.image].repositoryArn,
        `arn:aws:ecr:${environment.region}:${environment.guardDutyAccount}:repository/aws-guardduty-agent-fargate`,
      ],
    }),
    new PolicyStatement({
      sid: 'Log',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [shared.logs[program].attrArn],
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
