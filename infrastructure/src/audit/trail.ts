import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import { createServiceRole } from '../data/roles.ts'
import type { Environment } from '../environments.ts'
import { createLogGroup } from '../log-group.ts'
import { archivePrefixes, trailName } from './archive.ts'

export function trailLogName(environment: Environment): string {
  return `/fincore/${environment.name}/trail`
}

/**
 * Who did what in the account, in all regions: into the archive, signed hour by hour, and into a log group for the alarms.
 * Reads and writes of the archive's own objects are in it, and every use of a key.
 */
export function createTrail(
  scope: Construct,
  environment: Environment,
  { keys, archive }: { keys: Keys; archive: CfnBucket },
): CfnTrail {
  const home = new Construct(scope, 'Trail')
  const { region, account } = environment
  const log = createLogGroup(home, 'Log', trailLogName(environment), keys)
  // CloudTrail names its streams so, and numbers further ones: `…_2` to `…_99`.
  const stream = `arn:aws:logs:${region}:${account}:log-group:${trailLogName(environment)}:log-stream:${account}_CloudTrail_${region}`
  const role = createServiceRole(home, environment, 'trail-log', {
    service: 'cloudtrail.amazonaws.com',
    statements: [
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [stream, `${stream}_?`, `${stream}_??`],
      }),
    ],
  })
  const trail = new CfnTrail(home, 'Trail', {
    trailName: trailName(environment),
    isLogging: true,
    isMultiRegionTrail: true,
    includeGlobalServiceEvents: true,
    enableLogFileValidation: true,
    s3BucketName: archive.ref,
    s3KeyPrefix: archivePrefixes.trail.slice(0, -1),
    kmsKeyId: keys.audit.keyArn,
    cloudWatchLogsLogGroupArn: log.attrArn,
    cloudWatchLogsRoleArn: role.roleArn,
    advancedEventSelectors: [
      { name: 'management', fieldSelectors: [{ field: 'eventCategory', equalTo: ['Management'] }] },
      {
        name: 'objects of the archive',
        fieldSelectors: [
          { field: 'eventCategory', equalTo: ['Data'] },
          { field: 'resources.type', equalTo: ['AWS::S3::Object'] },
          { field: 'resources.ARN', startsWith: [`${archive.attrArn}/`] },
        ],
      },
    ],
  })
  trail.node.addDependency(role)
  // The bucket's policy lets it write.
  trail.node.addDependency(archive.node.scope ?? archive)
  return trail
}
