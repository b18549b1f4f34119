import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import type { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import { createServiceRole } from '../data/roles.ts'
import type { Environment } from '../environments.ts'

/**
 * The role with which S3 copies objects to the other region. What it may do in the buckets stands in their policies; in one of
 * its own it could only be said of all objects at once.
 */
export function createCopyRole(scope: Construct, environment: Environment, keys: Keys): Role {
  const home = new Construct(scope, 'Copy')
  return createServiceRole(home, environment, 'archive-copy', {
    service: 's3.amazonaws.com',
    bound: null,
    statements: [
      new PolicyStatement({ actions: ['kms:Decrypt'], resources: [keys.audit.keyArn] }),
      new PolicyStatement({ actions: ['kms:Encrypt'], resources: [environment.archiveCopy.keyArn] }),
    ],
  })
}

/** Everything that is put into a bucket is copied, deletions are not. */
export function copyAll(environment: Environment, role: Role): CfnBucket.ReplicationConfigurationProperty {
  return {
    role: role.roleArn,
    rules: [
      {
        id: 'copy',
        status: 'Enabled',
        priority: 1,
        filter: { prefix: '' },
        deleteMarkerReplication: { status: 'Disabled' },
        sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: 'Enabled' } },
        destination: {
          bucket: `arn:aws:s3:::${environment.archiveCopy.bucket}`,
          encryptionConfiguration: { replicaKmsKeyId: environment.archiveCopy.keyArn },
        },
      },
    ],
  }
}

/** What the role needs of a bucket that is copied. */
export function allowCopying(bucket: string, role: Role): PolicyStatement[] {
  const arn = `arn:aws:s3:::${bucket}`
  return [
    new PolicyStatement({
      sid: 'CopyLooks',
      principals: [role],
      actions: ['s3:GetReplicationConfiguration', 's3:ListBucket', 's3:GetBucketObjectLockConfiguration'],
      resources: [arn],
    }),
    new PolicyStatement({
      sid: 'CopyReads',
      principals: [role],
      actions: [
        's3:GetObjectVersionForReplication',
        's3:GetObjectVersionAcl',
        's3:GetObjectVersionTagging',
        's3:GetObjectRetention',
        's3:GetObjectLegalHold',
      ],
      resources: [`${arn}/*`],
    }),
  ]
}
