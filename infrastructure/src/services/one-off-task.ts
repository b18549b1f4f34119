import type { CfnTaskDefinition } from 'aws-cdk-lib/aws-ecs'
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import type { Settings } from './settings.ts'
import { createTaskDefinition, type Shared } from './task-definition.ts'

/** A task that runs a command of the payment service's image and ends. */
export function createOneOffTask(
  scope: Construct,
  environment: Environment,
  name: 'migrations' | 'auditExport' | 'command',
  made: {
    command: readonly [string, ...string[]]
    settings: Settings
    /** What it may do at AWS: come to the database as one of its logins, at the least. */
    rights: PolicyStatement[]
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
      rights: made.rights,
      collector: null,
    },
    made.shared,
  )
}
