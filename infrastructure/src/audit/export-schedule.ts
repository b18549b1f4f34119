import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import { createServiceRole, roleArn } from '../data/roles.ts'
import type { Environment } from '../environments.ts'
import type { Network } from '../network/network.ts'
import type { Services } from '../services/services.ts'

/** What the payment service's image is told: a whole day of the audit log, to the standard output, which is its log. */
export const auditExportCommand: readonly [string, ...string[]] = [
  'fincore',
  'audit',
  'export',
  '--from',
  'yesterday',
  '--to',
  'today',
]

/**
 * And each night, whether somebody changed the log: it ends with 1 then, which is news for the operators. A schedule replaces
 * what the program of a task is told, not the program.
 */
const verifyArguments = ['audit', 'verify']

/** The container's name in its task definition. */
const container = 'auditExport'

/** When each runs, in UTC: the day before is over and its records are sealed. */
const nightly = {
  export: { at: 'cron(15 0 * * ? *)', why: 'The audit log of the day before, to the archive', input: undefined },
  verify: {
    at: 'cron(45 3 * * ? *)',
    why: 'Whether the audit log is whole',
    input: JSON.stringify({ containerOverrides: [{ name: container, command: verifyArguments }] }),
  },
} as const

/** Runs the export and the check of the whole log each night, by the same task. */
export function scheduleAuditExport(
  scope: Construct,
  environment: Environment,
  { services, network }: { services: Services; network: Network },
): void {
  const home = new Construct(scope, 'AuditExport')
  const role = createServiceRole(home, environment, 'audit-export-schedule', {
    service: 'scheduler.amazonaws.com',
    statements: [
      new PolicyStatement({
        actions: ['ecs:RunTask'],
        resources: [services.auditExport.ref],
        conditions: { ArnEquals: { 'ecs:cluster': services.clusterArn } },
      }),
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [roleArn(environment, 'auditExport-start'), roleArn(environment, 'auditExport-task')],
        conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
    ],
  })
  for (const [what, { at, why, input }] of Object.entries(nightly)) {
    new CfnSchedule(home, what, {
      name: `fincore-${environment.name}-audit-${what}`,
      description: why,
      scheduleExpression: at,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: services.clusterArn,
        roleArn: role.roleArn,
        ...(input ? { input } : {}),
        retryPolicy: { maximumRetryAttempts: 5, maximumEventAgeInSeconds: 3600 },
        ecsParameters: {
          taskDefinitionArn: services.auditExport.ref,
          launchType: 'FARGATE',
          platformVersion: '1.4.0',
          taskCount: 1,
          networkConfiguration: {
            awsvpcConfiguration: {
              assignPublicIp: 'DISABLED',
              subnets: network.subnets.application.map(({ id }) => id),
              securityGroups: [network.securityGroups.migrations.attrGroupId],
            },
          },
        },
      },
    })
  }
}
