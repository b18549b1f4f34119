import { Effect, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnAlias, CfnKey, type IKey, Key } from 'aws-cdk-lib/aws-kms'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { type KeyPurpose, type KeyUse, keyPurposes } from './key-purposes.ts'
import { accountPrincipal, roleArn } from './roles.ts'

export type Keys = Record<KeyPurpose, IKey>

/**
 * A key for each purpose, so that whoever may use one can do nothing with the others. Who may use it stands in the key's own
 * policy: a policy of IAM alone, however wide, opens none of them.
 */
export function createKeys(scope: Construct, environment: Environment): Keys {
  const home = new Construct(scope, 'Keys')
  const keys = Object.entries(keyPurposes).map(([purpose, { holds, uses }]) => {
    const key = new CfnKey(home, purpose, {
      description: `FinCore ${environment.name}: ${holds}`,
      enableKeyRotation: true,
      pendingWindowInDays: 30,
      keyPolicy: new PolicyDocument({
        statements: [administer(environment), ...uses.map((use) => allowUse(environment, use))],
      }),
    })
    // What it encrypted is lost with it: a stack that goes leaves its keys behind.
    key.applyRemovalPolicy(RemovalPolicy.RETAIN)
    new CfnAlias(home, `${purpose}Alias`, {
      aliasName: `alias/fincore-${environment.name}-${purpose}`,
      targetKeyId: key.attrKeyId,
    })
    return [purpose, Key.fromKeyArn(home, `${purpose}Key`, key.attrArn)]
  })
  return Object.fromEntries(keys) as Keys
}

/**
 * Whoever IAM lets may look after a key, and change who may use it, which an alarm tells; nobody may use it by this. A grant is
 * use as well, and one that no policy shows, so of what begins with `Create` there is only the alias.
 */
function administer(environment: Environment): PolicyStatement {
  const verbs = ['Describe', 'Enable', 'List', 'Put', 'Update', 'Revoke', 'Disable', 'Get', 'Delete']
  return new PolicyStatement({
    sid: 'Administer',
    principals: [accountPrincipal(environment)],
    actions: [
      ...verbs.map((verb) => `kms:${verb}*`),
      'kms:CreateAlias',
      'kms:TagResource',
      'kms:UntagResource',
      'kms:ScheduleKeyDeletion',
      'kms:CancelKeyDeletion',
      'kms:RotateKeyOnDemand',
    ],
    resources: ['*'],
  })
}

function allowUse(environment: Environment, use: KeyUse): PolicyStatement {
  const { sid, actions } = use
  if ('service' in use) {
    const context = use.context?.(environment)
    return new PolicyStatement({
      sid,
      principals: [new ServicePrincipal(use.service(environment))],
      actions,
      resources: ['*'],
      conditions: {
        ...(context && { ArnLike: context }),
        // The log service sends no account along; its context names the account instead.
        ...(use.namesAccount && { StringEquals: { 'aws:SourceAccount': environment.account } }),
      },
    })
  }
  return new PolicyStatement({
    sid,
    effect: Effect.ALLOW,
    principals: [accountPrincipal(environment)],
    actions,
    resources: ['*'],
    conditions: {
      ...('through' in use && {
        StringEquals: {
          'kms:CallerAccount': environment.account,
          'kms:ViaService': use.through.map((service) => `${service}.${environment.region}.amazonaws.com`),
        },
      }),
      ...('roles' in use && { ArnEquals: { 'aws:PrincipalArn': use.roles.map((role) => roleArn(environment, role)) } }),
    },
  })
}
