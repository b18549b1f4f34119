import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2'

type Rule = CfnWebACL.RuleProperty
type Statement = CfnWebACL.StatementProperty

/** Requests from one address in five minutes: far above what a merchant's server sends, far below what hurts. */
const requestsInFiveMinutes = 100_000
/** A shopper opens one link; a whole mobile network may stand behind one address. */
const linksInFiveMinutes = 2_000

/**
 * Rules of AWS's common set that count and do not block, because honest requests meet them. What they look for in a body
 * is nothing to a service that reads it by a schema, keeps it by parameters and shows it escaped.
 */
const countedCommonRules: Record<string, string> = {
  NoUserAgent_HEADER: 'merchants’ and PSPs’ programs need not name themselves',
  SizeRestrictions_BODY: 'metadata and batches of webhooks are larger than 8 KB; the service has bounds of its own',
  SizeRestrictions_QUERYSTRING: 'what a PSP adds to the address of a shopper’s return is long',
  EC2MetaDataSSRF_BODY: 'the service itself refuses such webhook addresses, with a problem that says why',
  GenericLFI_BODY: 'descriptions and metadata are free text',
  GenericRFI_BODY: 'success_url and webhook addresses are addresses',
  CrossSiteScripting_BODY: 'descriptions and metadata are free text',
}

/** The rules of the public API. Lists of anonymous addresses are not among them: merchants' servers stand in clouds. */
export function apiRules(): Rule[] {
  return inOrder([
    named('reputation', { managed: 'AWSManagedRulesAmazonIpReputationList' }),
    named('rate', { block: rateOf(requestsInFiveMinutes) }),
    named('rate-of-links', { block: rateOf(linksInFiveMinutes, pathStarts('/s/')) }),
    named('common', { managed: 'AWSManagedRulesCommonRuleSet', counted: Object.keys(countedCommonRules) }),
    named('known-bad-inputs', { managed: 'AWSManagedRulesKnownBadInputsRuleSet' }),
  ])
}

/**
 * The rules of the card relay, whose list blocks what none allows. No rule here reads a body, since cards are in it; health
 * checks come from the load balancer itself and do not pass here.
 */
export function cardsRules(): Rule[] {
  return inOrder([
    named('reputation', { managed: 'AWSManagedRulesAmazonIpReputationList' }),
    named('rate', { block: rateOf(requestsInFiveMinutes) }),
    named('charges', { allow: { andStatement: { statements: [methodIs('POST'), pathIs('/v1/charges')] } } }),
  ])
}

/** The rules of the admin API, which only operators' networks reach. */
export function adminRules(): Rule[] {
  return inOrder([
    named('rate', { block: rateOf(linksInFiveMinutes) }),
    named('common', { managed: 'AWSManagedRulesCommonRuleSet', counted: Object.keys(countedCommonRules) }),
    named('known-bad-inputs', { managed: 'AWSManagedRulesKnownBadInputsRuleSet' }),
  ])
}

/** Without samples: those would show whole requests in the console. */
export function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false }
}

type Kind = { managed: string; counted?: string[] } | { block: Statement } | { allow: Statement }

function named(name: string, kind: Kind): Omit<Rule, 'priority'> {
  const visibilityConfig = visibility(name)
  if ('block' in kind) return { name, visibilityConfig, action: { block: {} }, statement: kind.block }
  if ('allow' in kind) return { name, visibilityConfig, action: { allow: {} }, statement: kind.allow }
  const ruleActionOverrides = kind.counted?.map((rule) => ({ name: rule, actionToUse: { count: {} } }))
  return {
    name,
    visibilityConfig,
    // The rules of the set block, as they do by themselves.
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name: kind.managed,
        ...(ruleActionOverrides ? { ruleActionOverrides } : {}),
      },
    },
  }
}

function inOrder(rules: Omit<Rule, 'priority'>[]): Rule[] {
  return rules.map((rule, priority) => ({ ...rule, priority }))
}

function rateOf(limit: number, scopeDownStatement?: Statement): Statement {
  return {
    rateBasedStatement: {
      limit,
      evaluationWindowSec: 300,
      aggregateKeyType: 'IP',
      ...(scopeDownStatement ? { scopeDownStatement } : {}),
    },
  }
}

const asItIs = [{ priority: 0, type: 'NONE' }]

/** As the service reads a path: `/%73/` leads to what `/s/` does. */
function pathStarts(searchString: string): Statement {
  const fieldToMatch = { uriPath: {} }
  const textTransformations = [{ priority: 0, type: 'URL_DECODE' }]
  return {
    byteMatchStatement: { fieldToMatch, positionalConstraint: 'STARTS_WITH', searchString, textTransformations },
  }
}

function pathIs(searchString: string): Statement {
  const fieldToMatch = { uriPath: {} }
  return {
    byteMatchStatement: { fieldToMatch, positionalConstraint: 'EXACTLY', searchString, textTransformations: asItIs },
  }
}

function methodIs(searchString: string): Statement {
  const fieldToMatch = { method: {} }
  return {
    byteMatchStatement: { fieldToMatch, positionalConstraint: 'EXACTLY', searchString, textTransformations: asItIs },
  }
}
