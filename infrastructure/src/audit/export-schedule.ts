import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import { createServiceRole, roleArn } from '../data/roles.ts'
import type { Environment } from '../environments.ts'
import type { Network } from '../network/network.ts'
import type { Services } from '../services/services.ts'

/** What the payment service's image is told: a whole day of the audit log, to the standard output, which is its log. */
export const auditExportCommand = ['fincore', 'audit', 'export', '--from', 'yesterday', '--to', 'today']

/** Runs the export each night, when the day before is over and its records are sealed. */
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
  new CfnSchedule(home, 'Nightly', {
    name: `fincore-${environment.name}-audit-export`,
    description: 'The audit log of the day before, to the archive',
    scheduleExpression: 'cron(15 0 * * ? *)',
    scheduleExpressionTimezone: 'UTC',
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: services.clusterArn,
      roleArn: role.roleArn,
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
