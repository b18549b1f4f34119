import { type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { allowCopying, copyAll } from './archive-copy.ts'
import { allowWriting, bucketName, createBucket } from './buckets.ts'

/** Where the services of AWS write that take no bucket with Object Lock, and which prefix is whose. */
const writers = {
  /** Access logs of the load balancers: they hold addresses of requests, never a body. */
  balancers: { service: 'logdelivery.elasticloadbalancing.amazonaws.com', prefix: 'balancers/' },
  /** Access logs of the audit archive. */
  archive: { service: 'logging.s3.amazonaws.com', prefix: 'archive/' },
  /** The history of all resources, by AWS Config. */
  config: { service: 'config.amazonaws.com', prefix: 'config/' },
} as const
export const logPrefixes = {
  balancers: writers.balancers.prefix,
  archive: writers.archive.prefix,
  config: writers.config.prefix,
}

/**
 * The bucket of access logs. Load balancers and S3 itself write their access logs to no bucket that is encrypted with a key of
 * ours, nor to one with Object Lock; what they wrote is copied to where nobody deletes it.
 */
export function createLogBucket(scope: Construct, environment: Environment, copyRole: Role): CfnBucket {
  const home = new Construct(scope, 'AccessLogs')
  const name = bucketName(environment, 'logs')
  return createBucket(home, environment, 'logs', {
    bucketEncryption: {
      serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    },
    // Its own accesses go to the same bucket, under a prefix of their own.
    loggingConfiguration: { logFilePrefix: `${logPrefixes.archive}own/` },
    replicationConfiguration: copyAll(environment, copyRole),
    lifecycleConfiguration: {
      rules: [
        {
          id: 'end',
          status: 'Enabled',
          expirationInDays: 400,
          noncurrentVersionExpiration: { noncurrentDays: 1 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    },
    statements: [
      ...Object.entries(writers).flatMap(([sid, { service, prefix }]) =>
        allowWriting(name, {
          sid,
          principal: new ServicePrincipal(service),
          prefix,
          conditions: { StringEquals: { 'aws:SourceAccount': environment.account } },
        }),
      ),
      ...allowCopying(name, copyRole),
    ],
  })
}
