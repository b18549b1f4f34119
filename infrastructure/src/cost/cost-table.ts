import type { Resource } from '../checks/template.ts'
import { secretsTable } from '../data/secrets-table.ts'
import {
  type CostLine,
  count,
  leastCapacity,
  metricOf,
  processorsOf,
  type Resources,
  samplesAtRest,
  tasksOf,
} from './count-resources.ts'
import type { Price } from './prices.ts'

/** What a type of resource costs: nothing, by what goes through it, or so much a month whether used or not. */
export type TypeCost =
  | { free: true }
  | { byUse: string }
  | { standing: (resource: Resource, all: Resources) => CostLine[]; byUse?: string }

const free: TypeCost = { free: true }
const one = (what: string, price: Price): TypeCost => ({ standing: () => [{ what, price, quantity: 1 }] })

/**
 * Every type of resource that a template has, with its cost. A type that is missing here fails a test, so nothing costs that
 * nobody has thought of.
 */
export const costTable: Readonly<Record<string, TypeCost>> = {
  'AWS::APS::RuleGroupsNamespace': { byUse: 'samples that alert rules and dashboards look at' },
  'AWS::APS::Workspace': {
    standing: (_, all) => [
      {
        what: 'samples of metrics at rest, millions',
        price: 'millionSamplesMonth',
        quantity: samplesAtRest(all) / 1e6,
      },
    ],
    byUse: 'samples of metrics beyond those at rest, and room for all of them',
  },
  'AWS::ACMPCA::Certificate': { byUse: 'certificates of the authority, each at its issue' },
  'AWS::ACMPCA::CertificateAuthority': {
    standing: ({ Properties }) =>
      Properties?.UsageMode === 'SHORT_LIVED_CERTIFICATE'
        ? [{ what: 'private authority, short-lived certificates', price: 'shortLivedAuthorityMonth', quantity: 1 }]
        : [{ what: 'private authority', price: 'generalAuthorityMonth', quantity: 1 }],
  },
  'AWS::ACMPCA::CertificateAuthorityActivation': free,
  'AWS::AccessAnalyzer::Analyzer': free,
  'AWS::ApplicationAutoScaling::ScalableTarget': { byUse: 'more tasks than the fewest, by the second' },
  'AWS::ApplicationAutoScaling::ScalingPolicy': { byUse: 'the alarms that scaling makes for itself' },
  'AWS::Backup::BackupPlan': { byUse: 'backups, and their copy in the other region, by size and days' },
  'AWS::Backup::BackupSelection': free,
  'AWS::Backup::BackupVault': free,
  'AWS::CloudTrail::Trail': { byUse: 'events of the archive’s objects; the first copy of all others is free' },
  'AWS::CloudWatch::Alarm': one('alarms', 'alarmMonth'),
  'AWS::CloudWatch::Dashboard': one('dashboard', 'dashboardMonth'),
  'AWS::Config::ConfigurationRecorder': { byUse: 'changes of resources, each' },
  'AWS::Config::DeliveryChannel': free,
  'AWS::EC2::EIP': one('public addresses', 'publicAddressHour'),
  'AWS::EC2::FlowLog': { byUse: 'flow logs, by size' },
  'AWS::EC2::InternetGateway': free,
  'AWS::EC2::NatGateway': { ...one('NAT gateways', 'natGatewayHour'), byUse: 'what goes out, by size' },
  'AWS::EC2::PrefixList': free,
  'AWS::EC2::Route': free,
  'AWS::EC2::RouteTable': free,
  'AWS::EC2::SecurityGroup': free,
  'AWS::EC2::SecurityGroupEgress': free,
  'AWS::EC2::SecurityGroupIngress': free,
  'AWS::EC2::Subnet': free,
  'AWS::EC2::SubnetRouteTableAssociation': free,
  'AWS::EC2::TransitGatewayAttachment': one('transit gateway attachment', 'transitGatewayAttachmentHour'),
  'AWS::EC2::VPC': free,
  'AWS::EC2::VPCEndpoint': {
    standing: ({ Properties }) =>
      Properties?.VpcEndpointType === 'Interface'
        ? [
            {
              what: 'interface endpoints, in each zone',
              price: 'interfaceEndpointHour',
              quantity: count(Properties.SubnetIds),
            },
          ]
        : [],
    byUse: 'what goes through interface endpoints, by size',
  },
  'AWS::EC2::VPCGatewayAttachment': free,
  'AWS::ECR::Repository': { byUse: 'images, by size' },
  'AWS::ECS::Cluster': { byUse: 'Container Insights, by what it observes' },
  'AWS::ECS::Service': { standing: tasksOf },
  'AWS::ECS::TaskDefinition': { byUse: 'tasks that run once: migrations, the nightly export' },
  'AWS::ElasticLoadBalancingV2::Listener': free,
  'AWS::ElasticLoadBalancingV2::ListenerRule': free,
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    standing: ({ Properties }) => [
      { what: 'load balancers', price: 'loadBalancerHour', quantity: 1 },
      ...(Properties?.Scheme === 'internet-facing'
        ? [{ what: 'public addresses', price: 'publicAddressHour', quantity: count(Properties.Subnets) } as const]
        : []),
    ],
    byUse: 'capacity units of load balancers, by connections, requests and size',
  },
  'AWS::ElasticLoadBalancingV2::TargetGroup': free,
  'AWS::ElasticLoadBalancingV2::TrustStore': one('trust store', 'trustStoreHour'),
  'AWS::Events::Rule': free,
  'AWS::GuardDuty::Detector': {
    standing: (_, all) => [
      {
        what: 'GuardDuty’s runtime monitoring, by processor',
        price: 'guardDutyRuntimeProcessorMonth',
        quantity: processorsOf(all),
      },
    ],
    byUse: 'what GuardDuty looks through: events, flows, names, log-ins of the database',
  },
  'AWS::IAM::ManagedPolicy': free,
  'AWS::IAM::Role': free,
  'AWS::IAM::ServiceLinkedRole': free,
  'AWS::KMS::Alias': free,
  'AWS::KMS::Key': {
    ...one('keys', 'keyMonth'),
    byUse: 'uses of keys; a key’s first two yearly rotations add a dollar each',
  },
  'AWS::KinesisFirehose::DeliveryStream': { byUse: 'what goes to the archive, by size' },
  'AWS::Logs::LogGroup': { byUse: 'log lines, by size, when they come and for as long as they are kept' },
  'AWS::Logs::LogStream': free,
  'AWS::Logs::MetricFilter': { standing: metricOf },
  'AWS::Logs::SubscriptionFilter': free,
  'AWS::NetworkFirewall::Firewall': {
    standing: ({ Properties }) => [
      {
        what: 'network firewall endpoints',
        price: 'firewallEndpointHour',
        quantity: count(Properties?.SubnetMappings),
      },
    ],
    byUse: 'what the firewall looks through, by size',
  },
  'AWS::NetworkFirewall::FirewallPolicy': free,
  'AWS::NetworkFirewall::LoggingConfiguration': free,
  'AWS::NetworkFirewall::RuleGroup': free,
  'AWS::RDS::DBCluster': {
    standing: (cluster, all) => [
      {
        what: 'Aurora capacity units, at the least',
        price: 'auroraCapacityUnitHour',
        quantity: leastCapacity(cluster) * all.filter(({ Type }) => Type === 'AWS::RDS::DBInstance').length,
      },
      // RDS keeps the master login's password in a secret that no template shows.
      { what: 'secrets', price: 'secretMonth', quantity: 1 + Object.keys(secretsTable).length },
    ],
    byUse: 'more capacity than the least; storage, reads and writes, backups',
  },
  'AWS::RDS::DBClusterParameterGroup': free,
  'AWS::RDS::DBInstance': free,
  'AWS::RDS::DBSubnetGroup': free,
  'AWS::Route53Resolver::FirewallDomainList': { byUse: 'names of the DNS firewall' },
  'AWS::Route53Resolver::FirewallRuleGroup': { byUse: 'questions that the DNS firewall looks at' },
  'AWS::Route53Resolver::FirewallRuleGroupAssociation': free,
  'AWS::Route53Resolver::ResolverQueryLoggingConfig': free,
  'AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation': free,
  'AWS::S3::Bucket': { byUse: 'objects, their copies in the other region, requests' },
  'AWS::S3::BucketPolicy': free,
  'AWS::SNS::Subscription': free,
  'AWS::SNS::Topic': { byUse: 'e-mails of alarms beyond the first thousand' },
  'AWS::SNS::TopicPolicy': free,
  'AWS::SSM::Parameter': free,
  'AWS::Scheduler::Schedule': free,
  'AWS::SecurityHub::Hub': { byUse: 'checks of Security Hub' },
  'AWS::SecurityHub::Standard': free,
  'AWS::ServiceDiscovery::HttpNamespace': free,
  'AWS::WAFv2::LoggingConfiguration': free,
  'AWS::WAFv2::WebACL': {
    standing: ({ Properties }) => [
      { what: 'web ACLs', price: 'webAclMonth', quantity: 1 },
      { what: 'rules of web ACLs', price: 'webAclRuleMonth', quantity: count(Properties?.Rules) },
    ],
    byUse: 'requests that web ACLs look at',
  },
  'AWS::WAFv2::WebACLAssociation': free,
}
