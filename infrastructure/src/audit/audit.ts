import type { Role } from 'aws-cdk-lib/aws-iam'
import type { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { createArchive } from './archive.ts'
import { createCopyRole } from './archive-copy.ts'
import { createDeliveries, createDeliveryRole } from './delivery.ts'
import { createDetection } from './detection.ts'
import { createLogBucket } from './log-bucket.ts'
import { createLogGroups, type LogGroups } from './log-groups.ts'
import { createTrail } from './trail.ts'

export type Audit = {
  logGroups: LogGroups
  /** Where load balancers write their access logs, under `logPrefixes.balancers`. */
  logBucket: CfnBucket
  archive: CfnBucket
}

/** Everything that keeps what happened: log groups, the buckets, the trail, and what watches the account. */
export function createAudit(scope: Construct, environment: Environment, keys: Keys): Audit {
  const home = new Construct(scope, 'Audit')
  const copyRole: Role = createCopyRole(home, environment, keys)
  const deliveryRole = createDeliveryRole(home, environment, keys)
  const logBucket = createLogBucket(scope, environment, copyRole)
  const archive = createArchive(home, environment, { keys, logBucket, deliveryRole, copyRole })
  const logGroups = createLogGroups(home, environment, keys)
  createDeliveries(home, environment, { keys, archive, logGroups, deliveryRole })
  createTrail(home, environment, { keys, archive })
  createDetection(home, environment, logBucket)
  return { logGroups, logBucket, archive }
}
