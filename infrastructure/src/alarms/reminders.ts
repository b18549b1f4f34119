import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import { createServiceRole } from '../data/roles.ts'
import { type SecretRow, secretsTable } from '../data/secrets-table.ts'
import type { Environment } from '../environments.ts'

/**
 * Tells operators to change each secret that no machine changes, as often as the table of secrets says (PCI DSS 3.7.4, 8.6.3).
 * What AWS changes by itself, keys and the database's master password, has none.
 */
export function createReminders(scope: Construct, environment: Environment, keys: Keys, topicArn: string): void {
  const home = new Construct(scope, 'Reminders')
  const role = createServiceRole(home, environment, 'reminders', {
    service: 'scheduler.amazonaws.com',
    statements: [
      new PolicyStatement({ actions: ['sns:Publish'], resources: [topicArn] }),
      new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [keys.alarms.keyArn] }),
    ],
  })
  for (const { name, days, rotation } of Object.values<SecretRow>(secretsTable)) {
    if (days === null) continue
    new CfnSchedule(home, name, {
      name: `fincore-${environment.name}-change-${name}`,
      description: `Every ${days} days: change the secret ${name}`,
      scheduleExpression: `rate(${days} days)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: topicArn,
        roleArn: role.roleArn,
        input: `Change the secret fincore/${environment.name}/${name} (${rotation}): docs/aws/data.md#secrets`,
      },
    })
  }
}
