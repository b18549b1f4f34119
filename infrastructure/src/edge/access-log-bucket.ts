import { CfnManagedPolicy, CfnRole } from 'aws-cdk-lib/aws-iam'
import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3'
import { CfnDeletionPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { trustOf } from '../trust.ts'

/** Where load balancers and other buckets leave their access logs. */
export type AccessLogBucket = {
  name: string
  /** Without it a load balancer may not write there yet. */
  policy: CfnBucketPolicy
}

/**
 * The bucket of access logs. Load balancers and S3 can write only to one that S3 encrypts with keys of its own. It is copied
 * to the company's archive, kept 13 months, and as secret as the links of shoppers that stand in it.
 */
export function createAccessLogBucket(scope: Construct, environment: Environment): AccessLogBucket {
  const home = new Construct(scope, 'AccessLogs')
  const bucketName = `fincore-${environment.name}-access-logs-${environment.account}`
  const arn = `arn:aws:s3:::${bucketName}`
  const archive = `arn:aws:s3:::${environment.logArchiveBucket}`
  const allow = (Action: string[], Resource: string | string[]) => ({ Effect: 'Allow', Action, Resource })
  const policy = new CfnManagedPolicy(home, 'CopyPolicy', {
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], arn),
        allow(
          ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging'],
          `${arn}/*`,
        ),
        allow(['s3:ReplicateObject', 's3:ReplicateTags'], `${archive}/*`),
      ],
    },
  })
  const role = new CfnRole(home, 'Copier', {
    assumeRolePolicyDocument: trustOf('s3.amazonaws.com', environment),
    managedPolicyArns: [policy.ref],
  })
  const bucket = new CfnBucket(home, 'Bucket', {
    bucketName,
    bucketEncryption: {
      serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    },
    versioningConfiguration: { status: 'Enabled' },
    publicAccessBlockConfiguration: {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
    loggingConfiguration: { logFilePrefix: 'of-this-bucket/' },
    lifecycleConfiguration: {
      rules: [{ status: 'Enabled', expirationInDays: 400, noncurrentVersionExpiration: { noncurrentDays: 30 } }],
    },
    replicationConfiguration: {
      role: role.attrArn,
      rules: [
        {
          status: 'Enabled',
          priority: 1,
          filter: { prefix: '' },
          deleteMarkerReplication: { status: 'Disabled' },
          destination: { bucket: archive },
        },
      ],
    },
  })
  bucket.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN
  const ofThisAccount = { StringEquals: { 'aws:SourceAccount': environment.account } }
  const write = (service: string) => ({
    ...allow(['s3:PutObject'], `${arn}/*`),
    Principal: { Service: service },
    Condition: ofThisAccount,
  })
  const bucketPolicy = new CfnBucketPolicy(home, 'Policy', {
    bucket: bucket.ref,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        write('logdelivery.elasticloadbalancing.amazonaws.com'),
        write('logging.s3.amazonaws.com'),
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [arn, `${arn}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  })
  return { name: bucketName, policy: bucketPolicy }
}
