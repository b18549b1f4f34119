import type { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs'
import type { Construct } from 'constructs'
import { allowConnection, type Database, type DatabaseLogin } from '../data/database.ts'
import type { Environment } from '../environments.ts'
import type { Settings } from './settings.ts'
import { createTaskDefinition, type Shared } from './task-definition.ts'

/** A task that runs a command of the payment service's image and ends, coming to the database as one of its logins. */
export function createOneOffTask(
  scope: Construct,
  environment: Environment,
  name: 'migrations' | 'auditExport',
  made: {
    command: readonly [string, ...string[]]
    login: DatabaseLogin
    settings: Settings
    database: Database
    shared: Shared
  },
): CfnTaskDefinition {
  const [program, ...command] = made.command
  return createTaskDefinition(
    scope,
    environment,
    name,
    {
      image: 'payment-service',
      program,
      command,
      door: null,
      internalPort: null,
      settings: made.settings,
      size: { cpu: 512, memory: 1024 },
      alive: null,
      rights: [allowConnection(environment, made.database, made.login)],
    },
    made.shared,
  )
}
