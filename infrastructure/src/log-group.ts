import { CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import { CfnDeletionPolicy } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Keys } from './data/keys.ts'

/** PCI DSS 10.5.1 wants twelve months; 13 leave a month to look at the first. */
const retentionInDays = 400

/** A log group that is encrypted, and outlives its stack. */
export function createLogGroup(scope: Construct, id: string, logGroupName: string, keys: Keys): CfnLogGroup {
  const group = new CfnLogGroup(scope, id, { logGroupName, retentionInDays, kmsKeyId: keys.logs.keyArn })
  group.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN
  group.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN
  return group
}
