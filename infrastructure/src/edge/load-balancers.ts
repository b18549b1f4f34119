import {
  CfnListener,
  CfnListenerRule,
  CfnLoadBalancer,
  CfnTargetGroup,
  CfnTrustStore,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { CfnOutput } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { logPrefixes } from '../audit/log-bucket.ts'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import type { SubnetGroup } from '../network/address-plan.ts'
import { type Party, ports } from '../network/allowed-flows.ts'
import type { Network } from '../network/network.ts'
import { createWebAcl } from './web-acl.ts'

type Name = 'api' | 'cards' | 'admin'
type Front = {
  scheme: 'internet-facing' | 'internal'
  subnets: SubnetGroup
  party: Party
  target: { protocol: 'HTTP' | 'HTTPS'; port: number; healthPort: number }
  /** Every client must show a certificate of the trust store. */
  mutualTls: boolean
}

/** The three doors. Each is a load balancer of its own, since only 443 is open and client certificates are asked per listener. */
const fronts: Record<Name, Front> = {
  api: {
    scheme: 'internet-facing',
    subnets: 'public',
    party: 'apiBalancer',
    target: { protocol: 'HTTP', port: ports.api, healthPort: ports.management },
    mutualTls: false,
  },
  cards: {
    scheme: 'internet-facing',
    subnets: 'public',
    party: 'cardsBalancer',
    target: { protocol: 'HTTPS', port: ports.relay, healthPort: ports.relay },
    mutualTls: true,
  },
  admin: {
    scheme: 'internal',
    subnets: 'operators',
    party: 'adminBalancer',
    target: { protocol: 'HTTP', port: ports.admin, healthPort: ports.management },
    mutualTls: false,
  },
}

/** What services and alarms need to know of a load balancer. */
export type Door = {
  targetGroupArn: string
  /** Without it a target group has no load balancer yet, and a service cannot register there. */
  listener: CfnListenerRule
  /** As CloudWatch's metrics name them. */
  loadBalancerName: string
  targetGroupName: string
}
export type Edge = Record<Name, Door>

/** The load balancers with their firewalls, listeners and empty target groups. */
export function createEdge(
  scope: Construct,
  environment: Environment,
  { network, keys, accessLogBucket }: { network: Network; keys: Keys; accessLogBucket: string },
): Edge {
  const home = new Construct(scope, 'Edge')
  const create = (name: Name): Door => {
    const front = fronts[name]
    const balancer = new CfnLoadBalancer(home, `Balancer-${name}`, {
      name: `fincore-${environment.name}-${name}`,
      type: 'application',
      scheme: front.scheme,
      ipAddressType: 'ipv4',
      subnets: network.subnets[front.subnets].map(({ id }) => id),
      securityGroups: [network.securityGroups[front.party].attrGroupId],
      loadBalancerAttributes: attributes(name, accessLogBucket, front.mutualTls),
    })
    createWebAcl(home, environment, name, balancer.ref, keys)
    const targetGroup = new CfnTargetGroup(home, `Targets-${name}`, {
      name: `fincore-${environment.name}-${name}`,
      vpcId: network.vpcId,
      targetType: 'ip',
      protocol: front.target.protocol,
      protocolVersion: 'HTTP1',
      port: front.target.port,
      healthCheckEnabled: true,
      healthCheckProtocol: front.target.protocol,
      healthCheckPort: String(front.target.healthPort),
      healthCheckPath: '/health/ready',
      healthCheckIntervalSeconds: 5,
      healthCheckTimeoutSeconds: 3,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      matcher: { httpCode: '200' },
      targetGroupAttributes: [
        { key: 'deregistration_delay.timeout_seconds', value: '30' },
        { key: 'load_balancing.algorithm.type', value: 'least_outstanding_requests' },
      ],
    })
    const listener = new CfnListener(home, `Listener-${name}`, {
      loadBalancerArn: balancer.ref,
      port: ports.https,
      protocol: 'HTTPS',
      // TLS 1.2 and 1.3, with forward secrecy and authenticated ciphers alone.
      sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06',
      certificates: [{ certificateArn: environment.certificateArns[name] }],
      ...(front.mutualTls ? { mutualAuthentication: mutualTls(home, environment) } : {}),
      // Whoever does not name the domain is told nothing.
      defaultActions: [{ type: 'fixed-response', fixedResponseConfig: { statusCode: '404' } }],
    })
    const rule = new CfnListenerRule(home, `Domain-${name}`, {
      listenerArn: listener.ref,
      priority: 1,
      conditions: [{ field: 'host-header', hostHeaderConfig: { values: [environment.domains[name]] } }],
      actions: [{ type: 'forward', targetGroupArn: targetGroup.ref }],
    })
    // What the domain's record in the DNS must name.
    new CfnOutput(home, `AddressOf-${name}`, { value: balancer.attrDnsName })
    return {
      targetGroupArn: targetGroup.ref,
      listener: rule,
      loadBalancerName: balancer.attrLoadBalancerFullName,
      targetGroupName: targetGroup.attrTargetGroupFullName,
    }
  }
  return { api: create('api'), cards: create('cards'), admin: create('admin') }
}

/** The balancer checks the client's certificate and hands its leaf to the relay, which compares it with the grant's. */
function mutualTls(scope: Construct, environment: Environment): CfnListener.MutualAuthenticationProperty {
  const trustStore = new CfnTrustStore(scope, 'MerchantAuthorities', {
    name: `fincore-${environment.name}-merchants`,
    caCertificatesBundleS3Bucket: environment.merchantAuthorities.bucket,
    caCertificatesBundleS3Key: environment.merchantAuthorities.key,
  })
  return { mode: 'verify', trustStoreArn: trustStore.attrTrustStoreArn, ignoreClientCertificateExpiry: false }
}

function attributes(name: Name, accessLogBucket: string, mutualTls: boolean): { key: string; value: string }[] {
  const values: Record<string, string> = {
    'deletion_protection.enabled': 'true',
    'routing.http.drop_invalid_header_fields.enabled': 'true',
    // A request that two programs could read in two ways is refused.
    'routing.http.desync_mitigation_mode': 'strictest',
    'routing.http.xff_header_processing.mode': 'append',
    'routing.http.preserve_host_header.enabled': 'true',
    // Without the firewall's verdict nothing passes.
    'waf.fail_open.enabled': 'false',
    // Longer than the longest charge: a PSP has 10 s, and the card relay may ask a second one. Shorter than the programs keep
    // an idle connection (65 s), or requests would be sent into one that is just being closed, and answered with 502.
    'idle_timeout.timeout_seconds': '60',
    'access_logs.s3.enabled': 'true',
    'access_logs.s3.bucket': accessLogBucket,
    'access_logs.s3.prefix': `${logPrefixes.balancers}${name}`,
    // Who came with which client certificate, and why one was refused.
    ...(mutualTls
      ? {
          'connection_logs.s3.enabled': 'true',
          'connection_logs.s3.bucket': accessLogBucket,
          'connection_logs.s3.prefix': `${logPrefixes.balancers}${name}-connections`,
        }
      : {}),
  }
  return Object.entries(values).map(([key, value]) => ({ key, value }))
}
