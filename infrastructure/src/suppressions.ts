/**
 * The findings of cdk-nag that stand, each for one reason. The issue allows five. A row that suppresses nothing fails the
 * tests, and docs/aws/suppressions.md is made from this table.
 */
export type Suppression = {
  /** The rules, without the name of their pack, which may ask the same in several. */
  rules: readonly string[]
  /** What the end of the construct's path in its stack must match. */
  at: RegExp
  /** The same in words. */
  where: string
  /** What exactly is found there, for rules that say it; anything else found there is not suppressed. */
  finding?: RegExp
  reason: string
}

export const suppressions: readonly Suppression[] = [
  {
    rules: ['EC23', 'VPCNoUnrestrictedRouteToIGW'],
    at: /^foundation\/Network\/(SecurityGroups\/in-world-(api|cards)Balancer-443-0|Routes\/(public|egress)-[012])$/,
    where: 'the groups of the public load balancers; the routes of their subnets and of the NAT gateways',
    reason:
      'Merchants, shoppers and PSPs call two load balancers from anywhere, at port 443 alone, so those and the NAT gateways have a way to the Internet; no task has one that does not lead through the firewall.',
  },
  {
    rules: ['VPCDefaultSecurityGroupClosed'],
    at: /^foundation\/Network\/Vpc$/,
    where: 'the VPC',
    reason:
      'CloudFormation cannot empty the default group; nothing is in it (a test sees to that), and the first deployment empties it by a command.',
  },
  {
    rules: ['S3DefaultEncryptionKMS'],
    at: /^foundation\/AccessLogs\/Bucket$/,
    where: 'the bucket of access logs',
    reason: 'Load balancers and S3 deliver access logs only to a bucket that is encrypted with keys of S3 (SSE-S3).',
  },
  {
    rules: ['IAM4', 'IAM5'],
    at: /^(service\/Services|migrations\/Migrations)\/(Role-[a-zA-Z]+-start\/Policy\/Resource|InternalTls\/Issuer)$/,
    where: 'the roles with which Fargate starts tasks; the one with which ECS issues certificates',
    finding:
      /^(Resource::\*|Policy::arn:aws:iam::aws:policy\/service-role\/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity)$/,
    reason:
      'AWS gives tokens of the image registry for no narrower resource than all (ecr:GetAuthorizationToken), and has the rights to issue Service Connect’s certificates in a policy of its own.',
  },
  {
    rules: ['RDSInBackupPlan'],
    at: /^data\/Database\/Instance[1-3]$/,
    where: 'the instances of the database',
    reason:
      'AWS Backup takes Aurora as a cluster, not by its instances, and the cluster is in the plan (a test sees to that).',
  },
]
