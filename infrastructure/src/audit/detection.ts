import { CfnAnalyzer } from 'aws-cdk-lib/aws-accessanalyzer'
import { CfnConfigurationRecorder, CfnDeliveryChannel } from 'aws-cdk-lib/aws-config'
import { CfnDetector } from 'aws-cdk-lib/aws-guardduty'
import { CfnServiceLinkedRole } from 'aws-cdk-lib/aws-iam'
import type { CfnBucket } from 'aws-cdk-lib/aws-s3'
import { CfnHub, CfnStandard } from 'aws-cdk-lib/aws-securityhub'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { logPrefixes } from './log-bucket.ts'

/** What GuardDuty looks at beside the trail, flow logs and DNS. Runtime monitoring puts an agent of Amazon's beside each task. */
const guardDutyFeatures = [
  { name: 'S3_DATA_EVENTS', status: 'ENABLED' },
  { name: 'RDS_LOGIN_EVENTS', status: 'ENABLED' },
  {
    name: 'RUNTIME_MONITORING',
    status: 'ENABLED',
    additionalConfiguration: [{ name: 'ECS_FARGATE_AGENT_MANAGEMENT', status: 'ENABLED' }],
  },
]

/** The sets of rules by which Security Hub judges the running account, day by day; cdk-nag judges only what we write. */
const standards = { pci: 'pci-dss/v/4.0.1', foundational: 'aws-foundational-security-best-practices/v/1.0.0' }

/**
 * What watches the account itself: GuardDuty for attacks, Config for every change of every resource, Security Hub for PCI DSS
 * v4.0.1, and an analyser for what the outside may reach by a policy. Each may exist once in an account.
 */
export function createDetection(scope: Construct, environment: Environment, logBucket: CfnBucket): void {
  const home = new Construct(scope, 'Detection')
  new CfnDetector(home, 'GuardDuty', {
    enable: true,
    findingPublishingFrequency: 'FIFTEEN_MINUTES',
    features: guardDutyFeatures,
  })
  const config = recordConfiguration(home, environment, logBucket)
  const hub = new CfnHub(home, 'SecurityHub', { enableDefaultStandards: false })
  hub.addResourceDependency(config)
  for (const [name, standard] of Object.entries(standards)) {
    const subscribed = new CfnStandard(home, `Standard-${name}`, {
      standardsArn: `arn:aws:securityhub:${environment.region}::standards/${standard}`,
    })
    subscribed.addResourceDependency(hub)
  }
  new CfnAnalyzer(home, 'Analyzer', { analyzerName: `fincore-${environment.name}`, type: 'ACCOUNT' })
}

function recordConfiguration(
  scope: Construct,
  environment: Environment,
  logBucket: CfnBucket,
): CfnConfigurationRecorder {
  const role = new CfnServiceLinkedRole(scope, 'ConfigRole', { awsServiceName: 'config.amazonaws.com' })
  const recorder = new CfnConfigurationRecorder(scope, 'Recorder', {
    name: `fincore-${environment.name}`,
    roleArn: `arn:aws:iam::${environment.account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig`,
    recordingGroup: { allSupported: true, includeGlobalResourceTypes: true },
    recordingMode: { recordingFrequency: 'CONTINUOUS' },
  })
  recorder.addResourceDependency(role)
  const channel = new CfnDeliveryChannel(scope, 'Channel', {
    name: `fincore-${environment.name}`,
    s3BucketName: logBucket.ref,
    s3KeyPrefix: logPrefixes.config.slice(0, -1),
    configSnapshotDeliveryProperties: { deliveryFrequency: 'TwentyFour_Hours' },
  })
  channel.node.addDependency(logBucket.node.scope ?? logBucket)
  return recorder
}
