import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose'
import { CfnLogStream, CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs'
import type { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import { createServiceRole } from '../data/roles.ts'
import type { Environment } from '../environments.ts'
import { createLogGroup } from '../log-group.ts'
import { archivePrefixes } from './archive.ts'
import type { LogGroups, LoggingProgram } from './log-groups.ts'

/** The line that a worker logs of each seal of FinCore's audit log (docs/audit.md); a test finds it in the worker's code. */
export const sealMessage = 'audit records were sealed'

/** The lines of an export (payment-service/src/audit/export.ts); a test compares them. */
export const exportLines = ['export', 'record', 'seal', 'end', 'digest'] as const

/** What goes from log groups into the archive: each seal within minutes, and the whole of each day's export. */
const deliveries = {
  seals: { from: 'worker', pattern: `{ $.message = "${sealMessage}" }` },
  exports: { from: 'auditExport', pattern: `{ ${exportLines.map((line) => `($.line = "${line}")`).join(' || ')} }` },
} as const satisfies Record<string, { from: LoggingProgram; pattern: string }>
export type DeliveryName = keyof typeof deliveries

export function deliveryName(environment: Environment, what: DeliveryName): string {
  return `fincore-${environment.name}-${what}`
}

export function createDeliveryRole(scope: Construct, environment: Environment, keys: Keys): Role {
  const { region, account } = environment
  const group = `arn:aws:logs:${region}:${account}:log-group:${failureLogName(environment)}`
  return createServiceRole(scope, environment, 'archive-delivery', {
    service: 'firehose.amazonaws.com',
    bound: 'sts:ExternalId',
    statements: [
      new PolicyStatement({ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: [keys.audit.keyArn] }),
      new PolicyStatement({
        actions: ['logs:PutLogEvents'],
        resources: Object.keys(deliveries).map((what) => `${group}:log-stream:${what}`),
      }),
    ],
  })
}

function failureLogName(environment: Environment): string {
  return `/fincore/${environment.name}/archive-delivery`
}

/**
 * The way of log lines into the archive. CloudWatch sends them packed, Firehose writes them as they come: an object is a file
 * for `zcat`, and `fincore audit unpack` puts the lines in order. No program of ours stands between, and none may write there.
 */
export function createDeliveries(
  scope: Construct,
  environment: Environment,
  {
    keys,
    archive,
    logGroups,
    deliveryRole,
  }: { keys: Keys; archive: CfnBucket; logGroups: LogGroups; deliveryRole: Role },
): void {
  const home = new Construct(scope, 'Deliveries')
  const { region, account } = environment
  const streamArn = (what: DeliveryName) =>
    `arn:aws:firehose:${region}:${account}:deliverystream/${deliveryName(environment, what)}`
  const failures = createLogGroup(home, 'Failures', failureLogName(environment), keys)
  const sender = createServiceRole(home, environment, 'log-subscription', {
    service: 'logs.amazonaws.com',
    statements: [
      new PolicyStatement({
        actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
        resources: (Object.keys(deliveries) as DeliveryName[]).map(streamArn),
      }),
    ],
  })
  for (const [what, { from, pattern }] of Object.entries(deliveries) as [
    DeliveryName,
    (typeof deliveries)[DeliveryName],
  ][]) {
    const failureStream = new CfnLogStream(home, `${what}Failures`, { logGroupName: failures.ref, logStreamName: what })
    const stream = new CfnDeliveryStream(home, what, {
      deliveryStreamName: deliveryName(environment, what),
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'CUSTOMER_MANAGED_CMK', keyArn: keys.audit.keyArn },
      extendedS3DestinationConfiguration: {
        bucketArn: archive.attrArn,
        roleArn: deliveryRole.roleArn,
        prefix: `${archivePrefixes[what]}!{timestamp:yyyy/MM/dd}/`,
        errorOutputPrefix: `${archivePrefixes.failed}${what}/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/`,
        bufferingHints: { intervalInSeconds: 300, sizeInMBs: 64 },
        // It is packed already.
        compressionFormat: 'UNCOMPRESSED',
        encryptionConfiguration: { kmsEncryptionConfig: { awskmsKeyArn: keys.audit.keyArn } },
        cloudWatchLoggingOptions: { enabled: true, logGroupName: failures.ref, logStreamName: failureStream.ref },
      },
    })
    stream.node.addDependency(deliveryRole)
    const filter = new CfnSubscriptionFilter(home, `${what}Filter`, {
      logGroupName: logGroups[from].ref,
      filterPattern: pattern,
      destinationArn: stream.attrArn,
      roleArn: sender.roleArn,
    })
    filter.node.addDependency(sender)
  }
}
