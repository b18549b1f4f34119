/** What in the account's trail nobody does in the ordinary course, as patterns of CloudWatch (PCI DSS 10.4.1, 10.7.2). */
export const trailAlarms: readonly { name: string; pattern: string; meaning: string }[] = [
  {
    name: 'root-used',
    pattern:
      '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
    meaning: 'the account’s root was used',
  },
  {
    name: 'sign-in-without-second-factor',
    pattern:
      '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" && $.responseElements.ConsoleLogin = "Success" && $.userIdentity.type = "IAMUser" }',
    meaning: 'somebody signed in to the console without a second factor',
  },
  {
    name: 'key-endangered',
    pattern:
      '{ $.eventSource = "kms.amazonaws.com" && ($.eventName = "DisableKey" || $.eventName = "ScheduleKeyDeletion" || $.eventName = "PutKeyPolicy" || $.eventName = "DisableKeyRotation") }',
    meaning: 'a key was disabled, given another policy, or will be deleted',
  },
  {
    name: 'trail-changed',
    pattern:
      '{ $.eventName = "StopLogging" || $.eventName = "DeleteTrail" || $.eventName = "UpdateTrail" || $.eventName = "PutEventSelectors" }',
    meaning: 'the trail was changed or stopped',
  },
  {
    name: 'watch-changed',
    pattern:
      '{ $.eventName = "DeleteDetector" || $.eventName = "UpdateDetector" || $.eventName = "StopConfigurationRecorder" || $.eventName = "DeleteConfigurationRecorder" || $.eventName = "DisableSecurityHub" }',
    meaning: 'GuardDuty, Config or Security Hub was changed or stopped',
  },
  {
    name: 'logs-deleted',
    pattern:
      '{ $.eventSource = "logs.amazonaws.com" && ($.eventName = "DeleteLogGroup" || $.eventName = "DeleteLogStream" || $.eventName = "DeleteSubscriptionFilter" || $.eventName = "PutRetentionPolicy") }',
    meaning: 'a log, its time or its way to the archive was taken away',
  },
  {
    name: 'bucket-policy-changed',
    pattern:
      '{ $.eventSource = "s3.amazonaws.com" && ($.eventName = "PutBucketPolicy" || $.eventName = "DeleteBucketPolicy" || $.eventName = "PutBucketReplication" || $.eventName = "DeleteBucketReplication" || $.eventName = "PutBucketObjectLockConfiguration" || $.eventName = "PutObjectLockConfiguration") }',
    meaning: 'a bucket has another policy, lock or copy',
  },
  {
    name: 'network-changed',
    pattern:
      '{ $.eventName = "AuthorizeSecurityGroup*" || $.eventName = "RevokeSecurityGroup*" || $.eventName = "CreateRoute" || $.eventName = "ReplaceRoute" || $.eventName = "DeleteRoute" || $.eventName = "UpdateFirewallPolicy" || $.eventName = "UpdateRuleGroup" || $.eventName = "DisassociateWebACL" }',
    meaning: 'who reaches whom was changed; after a deployment this is expected',
  },
  {
    name: 'secret-read-by-person',
    // People come by roles too, so it is the roles with which Fargate starts tasks that are left out.
    pattern:
      '{ $.eventName = "GetSecretValue" && $.userIdentity.type != "AWSService" && ($.userIdentity.sessionContext.sessionIssuer.userName NOT EXISTS || $.userIdentity.sessionContext.sessionIssuer.userName != "*-start") }',
    meaning: 'a secret was read by somebody who is no task that starts',
  },
]
