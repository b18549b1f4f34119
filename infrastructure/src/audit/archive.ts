import { Effect, PolicyStatement, type Role, ServicePrincipal, StarPrincipal } from 'aws-cdk-lib/aws-iam'
import type { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { allowCopying, copyAll } from './archive-copy.ts'
import { allowWriting, bucketName, createBucket } from './buckets.ts'
import { logPrefixes } from './log-bucket.ts'

/** What the archive holds, by the beginning of its objects' names. */
export const archivePrefixes = { trail: 'trail/', seals: 'seals/', exports: 'exports/', failed: 'failed/' } as const

export function trailName(environment: Environment): string {
  return `fincore-${environment.name}`
}

/**
 * The audit archive. An object of it cannot be deleted or changed before its time, by nobody: not by an administrator, not by
 * the account's root (Object Lock in compliance mode; PCI DSS 10.3.2, 10.5.1).
 */
export function createArchive(
  scope: Construct,
  environment: Environment,
  { keys, logBucket, deliveryRole, copyRole }: { keys: Keys; logBucket: CfnBucket; deliveryRole: Role; copyRole: Role },
): CfnBucket {
  const home = new Construct(scope, 'Archive')
  const name = bucketName(environment, 'archive')
  const { account, region, archiveDays } = environment
  const trailArn = `arn:aws:cloudtrail:${region}:${account}:trail/${trailName(environment)}`
  return createBucket(home, environment, 'archive', {
    objectLockEnabled: true,
    objectLockConfiguration: {
      objectLockEnabled: 'Enabled',
      rule: { defaultRetention: { mode: 'COMPLIANCE', days: archiveDays } },
    },
    bucketEncryption: {
      serverSideEncryptionConfiguration: [
        {
          serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: keys.audit.keyArn },
          bucketKeyEnabled: true,
        },
      ],
    },
    loggingConfiguration: { destinationBucketName: logBucket.ref, logFilePrefix: logPrefixes.archive },
    replicationConfiguration: copyAll(environment, copyRole),
    lifecycleConfiguration: {
      rules: [
        {
          id: 'cheaper-then-gone',
          status: 'Enabled',
          // The last three months are at hand at the usual price (PCI DSS 10.5.1); older ones are read at once, too, for more.
          transitions: archiveDays > 90 ? [{ storageClass: 'GLACIER_IR', transitionInDays: 90 }] : [],
          expirationInDays: archiveDays + 1,
          noncurrentVersionExpiration: { noncurrentDays: 1 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    },
    statements: [
      new PolicyStatement({
        sid: 'NoShorterLock',
        effect: Effect.DENY,
        principals: [new StarPrincipal()],
        actions: ['s3:PutObjectRetention', 's3:PutObject'],
        resources: [`arn:aws:s3:::${name}/*`],
        conditions: { NumericLessThan: { 's3:object-lock-remaining-retention-days': String(archiveDays) } },
      }),
      ...allowWriting(name, {
        sid: 'Trail',
        principal: new ServicePrincipal('cloudtrail.amazonaws.com'),
        prefix: archivePrefixes.trail,
        conditions: { StringEquals: { 'aws:SourceArn': trailArn } },
      }),
      ...(['seals', 'exports', 'failed'] as const).flatMap((what) =>
        allowWriting(name, { sid: `Deliver${what}`, principal: deliveryRole, prefix: archivePrefixes[what] }),
      ),
      ...allowCopying(name, copyRole),
    ],
  })
}
