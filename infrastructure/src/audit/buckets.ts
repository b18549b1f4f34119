import { Effect, type IPrincipal, PolicyDocument, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnBucket, CfnBucketPolicy, type CfnBucketProps } from 'aws-cdk-lib/aws-s3'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../environments.ts'

/** A bucket's name says whose it is: names are unique in all of AWS, and other accounts take the plain ones. */
export function bucketName({ name, account, region }: Environment, what: 'archive' | 'logs'): string {
  return `fincore-${name}-${what}-${account}-${region}`
}

/** A bucket that is closed to the public, keeps every version, outlives its stack, and answers over TLS alone. */
export function createBucket(
  scope: Construct,
  environment: Environment,
  what: 'archive' | 'logs',
  { statements, ...properties }: CfnBucketProps & { statements: PolicyStatement[] },
): CfnBucket {
  const name = bucketName(environment, what)
  const bucket = new CfnBucket(scope, 'Bucket', {
    bucketName: name,
    versioningConfiguration: { status: 'Enabled' },
    ownershipControls: { rules: [{ objectOwnership: 'BucketOwnerEnforced' }] },
    publicAccessBlockConfiguration: {
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    },
    ...properties,
  })
  bucket.applyRemovalPolicy(RemovalPolicy.RETAIN)
  const policy = new CfnBucketPolicy(scope, 'BucketPolicy', {
    bucket: bucket.ref,
    policyDocument: new PolicyDocument({ statements: [denyPlain(bucket.attrArn), ...statements] }),
  })
  policy.applyRemovalPolicy(RemovalPolicy.RETAIN)
  return bucket
}

function denyPlain(arn: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'NothingWithoutTls',
    effect: Effect.DENY,
    principals: [new StarPrincipal()],
    actions: ['s3:*'],
    resources: [arn, `${arn}/*`],
    conditions: { Bool: { 'aws:SecureTransport': 'false' } },
  })
}

/** The two statements by which a service or a role may put objects under a prefix. */
export function allowWriting(
  bucket: string,
  {
    sid,
    principal,
    prefix,
    conditions = {},
  }: { sid: string; principal: IPrincipal; prefix: string; conditions?: Record<string, Record<string, string>> },
): PolicyStatement[] {
  const arn = `arn:aws:s3:::${bucket}`
  return [
    new PolicyStatement({
      sid: `${sid}Looks`,
      principals: [principal],
      actions: ['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:ListBucket'],
      resources: [arn],
      conditions,
    }),
    new PolicyStatement({
      sid: `${sid}Writes`,
      principals: [principal],
      actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
      resources: [`${arn}/${prefix}*`],
      conditions,
    }),
  ]
}
