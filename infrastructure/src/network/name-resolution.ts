import {
  CfnFirewallRuleGroup,
  CfnFirewallRuleGroupAssociation,
  CfnResolverQueryLoggingConfig,
  CfnResolverQueryLoggingConfigAssociation,
} from 'aws-cdk-lib/aws-route53resolver'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { createLogGroup } from '../log-group.ts'

/**
 * Names are asked of the VPC's own resolver, which no firewall of the network sees: data could leave in the questions. So
 * the resolver refuses what looks like a tunnel or like names made by malware, and every question is logged.
 */
export function guardNameResolution(scope: Construct, environment: Environment, vpcId: string, keys: Keys): void {
  const home = new Construct(scope, 'Names')
  const name = `fincore-${environment.name}`
  const threats = ['DNS_TUNNELING', 'DGA', 'DICTIONARY_DGA']
  const rules = new CfnFirewallRuleGroup(home, 'Rules', {
    name,
    firewallRules: threats.map((dnsThreatProtection, index) => ({
      action: 'BLOCK',
      blockResponse: 'NXDOMAIN',
      confidenceThreshold: 'MEDIUM',
      dnsThreatProtection,
      priority: 100 + index,
    })),
  })
  new CfnFirewallRuleGroupAssociation(home, 'RulesOfVpc', {
    name,
    vpcId,
    firewallRuleGroupId: rules.attrId,
    priority: 101,
    mutationProtection: 'ENABLED',
  })
  const log = createLogGroup(home, 'Log', `/fincore/${environment.name}/names`, keys)
  const logging = new CfnResolverQueryLoggingConfig(home, 'Logging', { name, destinationArn: log.attrArn })
  new CfnResolverQueryLoggingConfigAssociation(home, 'LoggingOfVpc', {
    resolverQueryLogConfigId: logging.attrId,
    resourceId: vpcId,
  })
}
