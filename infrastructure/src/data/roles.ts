import { AccountPrincipal, ManagedPolicy, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'

/**
 * Every role that a key's or a bucket's policy names. They have names of their own, because those policies stand in stacks that
 * are deployed before the roles.
 */
export type RoleName =
  | 'api-task'
  | 'worker-task'
  | 'admin-task'
  | 'relay-task'
  | 'migrations-task'
  | 'auditExport-task'
  | 'command-task'
  | `${'api' | 'worker' | 'admin' | 'relay' | 'migrations' | 'auditExport' | 'command'}-start`
  | 'archive-delivery'
  | 'archive-copy'
  | 'trail-log'
  | 'backup'
  | 'database-monitoring'
  | 'log-subscription'
  | 'reminders'
  | 'audit-export-schedule'

export function roleName(environment: Environment, role: RoleName): string {
  return `fincore-${environment.name}-${role}`
}

export function roleArn(environment: Environment, role: RoleName): string {
  return `arn:aws:iam::${environment.account}:role/${roleName(environment, role)}`
}

/** The account itself: whoever IAM lets, within what the statement's conditions say. */
export function accountPrincipal(environment: Environment): AccountPrincipal {
  return new AccountPrincipal(environment.account)
}

/**
 * A role for a service of AWS that works for this account and no other (`aws:SourceAccount`, against the confused deputy).
 * What it may do is a policy of its own: rights that stand inside a role cannot be looked at by themselves.
 */
export function createServiceRole(
  scope: Construct,
  environment: Environment,
  name: RoleName,
  {
    service,
    statements,
    bound = 'aws:SourceAccount',
  }: {
    service: string
    statements: PolicyStatement[]
    /** The condition by which the service says for which account it works; null when it does not say. */
    bound?: 'aws:SourceAccount' | 'sts:ExternalId' | null
  },
): Role {
  const home = new Construct(scope, `Role-${name}`)
  const principal = new ServicePrincipal(service)
  const role = new Role(home, 'Role', {
    roleName: roleName(environment, name),
    assumedBy: bound ? principal.withConditions({ StringEquals: { [bound]: environment.account } }) : principal,
  })
  if (statements.length > 0) new ManagedPolicy(home, 'Policy', { roles: [role], statements })
  return role
}
