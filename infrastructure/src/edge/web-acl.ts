import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { createLogGroup } from '../log-group.ts'
import { adminRules, apiRules, cardsRules, visibility } from './web-acl-rules.ts'

/** Headers that no log may hold: who calls, what a shopper's browser keeps, where a link was opened. */
const secretHeaders = ['authorization', 'cookie', 'idempotency-key', 'referer', 'stripe-signature']

const lists = {
  api: { rules: apiRules, otherwise: { allow: {} } },
  cards: { rules: cardsRules, otherwise: { block: {} } },
  admin: { rules: adminRules, otherwise: { allow: {} } },
} satisfies Record<string, { rules: () => CfnWebACL.RuleProperty[]; otherwise: CfnWebACL.DefaultActionProperty }>

/**
 * The web application firewall before one load balancer. WAF's logs hold headers, path and query, and of a body what a rule
 * about injections found in it; all of these are substituted before they are logged, and samples are off.
 */
export function createWebAcl(
  scope: Construct,
  environment: Environment,
  name: keyof typeof lists,
  loadBalancerArn: string,
  keys: Keys,
): void {
  const home = new Construct(scope, `WebAcl-${name}`)
  const fullName = `fincore-${environment.name}-${name}`
  const protect = (fieldType: string, fieldKeys?: string[]) => ({
    action: 'SUBSTITUTION',
    field: { fieldType, ...(fieldKeys ? { fieldKeys } : {}) },
    excludeRuleMatchDetails: false,
    excludeRateBasedDetails: false,
  })
  const acl = new CfnWebACL(home, 'Acl', {
    name: fullName,
    scope: 'REGIONAL',
    defaultAction: lists[name].otherwise,
    rules: lists[name].rules(),
    visibilityConfig: visibility(fullName),
    dataProtectionConfig: {
      dataProtections: [protect('BODY'), protect('QUERY_STRING'), protect('SINGLE_HEADER', secretHeaders)],
    },
  })
  new CfnWebACLAssociation(home, 'Association', { resourceArn: loadBalancerArn, webAclArn: acl.attrArn })
  // WAF writes only to groups whose names begin so.
  const group = createLogGroup(home, 'Log', `aws-waf-logs-${fullName}`, keys)
  new CfnLoggingConfiguration(home, 'Logging', {
    resourceArn: acl.attrArn,
    logDestinationConfigs: [group.attrArn],
    // One-time links stand in paths.
    redactedFields: [
      { uriPath: {} },
      { queryString: {} },
      ...secretHeaders.map((header) => ({ singleHeader: { Name: header } })),
    ],
    loggingFilter: {
      DefaultBehavior: 'DROP',
      Filters: [
        {
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: ['BLOCK', 'COUNT'].map((Action) => ({ ActionCondition: { Action } })),
        },
      ],
    },
  })
}
