import { CfnBackupPlan, CfnBackupSelection, CfnBackupVault } from 'aws-cdk-lib/aws-backup'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import type { Database } from './database.ts'
import type { Keys } from './keys.ts'
import { createServiceRole } from './roles.ts'

/** How long the lock of the vault can still be taken back after it was set, in days: three is the least that AWS Backup takes. */
const graceDays = 3

/**
 * A copy of the database each night, in a vault from which nobody deletes before its time, and a copy of that in another region.
 * Beside it Aurora keeps its own backups, from which any moment can be restored; those a hijacked administrator can delete.
 */
export function createBackups(
  scope: Construct,
  environment: Environment,
  { keys, database }: { keys: Keys; database: Database },
): void {
  const home = new Construct(scope, 'Backups')
  const { backupDays, copyVaultArn } = environment.database
  const vault = new CfnBackupVault(home, 'Vault', {
    backupVaultName: `fincore-${environment.name}`,
    encryptionKeyArn: keys.database.keyArn,
    lockConfiguration: { minRetentionDays: backupDays, maxRetentionDays: 400, changeableForDays: graceDays },
  })
  vault.applyRemovalPolicy(RemovalPolicy.RETAIN)
  const plan = new CfnBackupPlan(home, 'Plan', {
    backupPlan: {
      backupPlanName: `fincore-${environment.name}`,
      backupPlanRule: [
        {
          ruleName: 'nightly',
          targetBackupVault: vault.ref,
          scheduleExpression: 'cron(30 2 * * ? *)',
          startWindowMinutes: 60,
          completionWindowMinutes: 360,
          lifecycle: { deleteAfterDays: backupDays },
          copyActions: [{ destinationBackupVaultArn: copyVaultArn, lifecycle: { deleteAfterDays: backupDays } }],
        },
      ],
    },
  })
  const role = createBackupRole(home, environment, keys, database, vault.attrBackupVaultArn)
  new CfnBackupSelection(home, 'Selection', {
    backupPlanId: plan.ref,
    backupSelection: {
      selectionName: 'database',
      iamRoleArn: role,
      resources: [database.clusterArn],
    },
  })
}

function createBackupRole(
  scope: Construct,
  environment: Environment,
  keys: Keys,
  { clusterArn }: Database,
  vaultArn: string,
): string {
  const { region, account } = environment
  // AWS Backup names its snapshots by the job that makes them, a UUID.
  const uuid = [8, 4, 4, 4, 12].map((length) => '?'.repeat(length)).join('-')
  const { archiveCopy, database } = environment
  const snapshots = [region, archiveCopy.region].flatMap((place) =>
    ['job', 'copyjob'].map((job) => `arn:aws:rds:${place}:${account}:cluster-snapshot:awsbackup:${job}-${uuid}`),
  )
  return createServiceRole(scope, environment, 'backup', {
    service: 'backup.amazonaws.com',
    statements: [
      new PolicyStatement({
        actions: ['rds:DescribeDBClusters', 'rds:ListTagsForResource', 'rds:CreateDBClusterSnapshot'],
        resources: [clusterArn],
      }),
      new PolicyStatement({
        actions: [
          'rds:CreateDBClusterSnapshot',
          'rds:DescribeDBClusterSnapshots',
          'rds:CopyDBClusterSnapshot',
          'rds:DeleteDBClusterSnapshot',
          'rds:AddTagsToResource',
          'rds:ListTagsForResource',
          'rds:ModifyDBClusterSnapshotAttribute',
        ],
        resources: snapshots,
      }),
      new PolicyStatement({
        actions: ['backup:DescribeBackupVault', 'backup:CopyIntoBackupVault'],
        resources: [vaultArn, database.copyVaultArn],
      }),
      new PolicyStatement({
        actions: ['kms:DescribeKey', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'],
        resources: [keys.database.keyArn, archiveCopy.keyArn],
      }),
    ],
  }).roleArn
}
