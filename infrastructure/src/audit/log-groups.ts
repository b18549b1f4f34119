import type { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { createLogGroup } from '../log-group.ts'

/** The programs that log, each to a group of its own; all collectors of metrics to one. */
const loggingPrograms = [
  'api',
  'worker',
  'admin',
  'relay',
  'migrations',
  'auditExport',
  'command',
  'collector',
] as const
export type LoggingProgram = (typeof loggingPrograms)[number]
export type LogGroups = Record<LoggingProgram, CfnLogGroup>

export function createLogGroups(scope: Construct, environment: Environment, keys: Keys): LogGroups {
  const home = new Construct(scope, 'LogGroups')
  const groups = loggingPrograms.map((program) => [
    program,
    createLogGroup(home, program, `/fincore/${environment.name}/${program}`, keys),
  ])
  return Object.fromEntries(groups) as LogGroups
}
