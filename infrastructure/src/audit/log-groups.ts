import { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'

/** An encrypted log group that keeps its lines as long as the environment says, and stays when its stack goes. */
export function createLogGroup(scope: Construct, environment: Environment, keys: Keys, name: string): CfnLogGroup {
  const group = new CfnLogGroup(scope, `Log-${name.replaceAll('/', '-')}`, {
    logGroupName: name,
    kmsKeyId: keys.logs.keyArn,
    retentionInDays: environment.logDays,
  })
  group.applyRemovalPolicy(RemovalPolicy.RETAIN)
  return group
}

/** The programs that log, each to a group of its own. */
export const loggingPrograms = ['api', 'worker', 'admin', 'relay', 'migrations', 'auditExport'] as const
export type LoggingProgram = (typeof loggingPrograms)[number]
export type LogGroups = Record<LoggingProgram, CfnLogGroup>

export function programLogName(environment: Environment, program: LoggingProgram): string {
  return `/fincore/${environment.name}/${program}`
}

export function createLogGroups(scope: Construct, environment: Environment, keys: Keys): LogGroups {
  const groups = loggingPrograms.map((program) => [
    program,
    createLogGroup(scope, environment, keys, programLogName(environment, program)),
  ])
  return Object.fromEntries(groups) as LogGroups
}
