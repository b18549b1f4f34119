import { CfnFirewall, CfnFirewallPolicy, CfnLoggingConfiguration, CfnRuleGroup } from 'aws-cdk-lib/aws-networkfirewall'
import { Fn } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { createLogGroup } from '../log-group.ts'
import { vpcRange } from './address-plan.ts'
import { egressRules, ruleVariables } from './egress-rules.ts'
import type { Subnets } from './subnets.ts'

/**
 * The network firewalls: one in each zone, or one for all zones, with the same policy. A single firewall with endpoints in
 * several zones lists them in no order that a template could rely on, and costs the same. Returns the endpoints' ids, in the
 * order of the zones.
 */
export function createFirewalls(
  scope: Construct,
  environment: Environment,
  vpcId: string,
  subnets: Subnets,
  keys: Keys,
): string[] {
  const home = new Construct(scope, 'Firewall')
  const name = `fincore-${environment.name}`
  const rules = new CfnRuleGroup(home, 'Rules', {
    ruleGroupName: `${name}-egress`,
    type: 'STATEFUL',
    // What may be needed later counts too: a capacity cannot be changed.
    capacity: 200,
    description: 'TLS to PSPs by name; from the worker to any name',
    ruleGroup: {
      ruleVariables: { ipSets: ruleVariables(environment) },
      rulesSource: { rulesString: egressRules(environment) },
      statefulRuleOptions: { ruleOrder: 'STRICT_ORDER' },
    },
  })
  const policy = new CfnFirewallPolicy(home, 'Policy', {
    firewallPolicyName: name,
    firewallPolicy: {
      policyVariables: { ruleVariables: { HOME_NET: { definition: [vpcRange(environment)] } } },
      statelessDefaultActions: ['aws:forward_to_sfe'],
      statelessFragmentDefaultActions: ['aws:drop'],
      statefulEngineOptions: { ruleOrder: 'STRICT_ORDER', streamExceptionPolicy: 'DROP' },
      statefulDefaultActions: ['aws:drop_established', 'aws:alert_established'],
      statefulRuleGroupReferences: [{ resourceArn: rules.attrRuleGroupArn, priority: 1 }],
    },
  })
  const alerts = createLogGroup(home, 'Alerts', `/fincore/${environment.name}/firewall/alerts`, keys)
  const flows = createLogGroup(home, 'Flows', `/fincore/${environment.name}/firewall/flows`, keys)
  const log = (logType: string, logGroup: string) => ({
    logType,
    logDestinationType: 'CloudWatchLogs',
    logDestination: { logGroup },
  })
  return subnets.firewall.slice(0, environment.firewalls).map(({ id }, zone) => {
    const firewall = new CfnFirewall(home, `Zone-${zone}`, {
      firewallName: `${name}-${zone}`,
      firewallPolicyArn: policy.attrFirewallPolicyArn,
      vpcId,
      subnetMappings: [{ subnetId: id }],
      deleteProtection: true,
      subnetChangeProtection: true,
      firewallPolicyChangeProtection: true,
    })
    new CfnLoggingConfiguration(home, `Log-${zone}`, {
      firewallArn: firewall.attrFirewallArn,
      loggingConfiguration: { logDestinationConfigs: [log('ALERT', alerts.ref), log('FLOW', flows.ref)] },
    })
    // An endpoint is listed as `eu-central-1a:vpce-…`.
    return Fn.select(1, Fn.split(':', Fn.select(0, firewall.attrEndpointIds)))
  })
}
