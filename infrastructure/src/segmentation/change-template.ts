/** Small changes of templates, for tests that open the network in a copy. */
import type { Resource, Templates } from '../checks/template.ts'

type Properties = Record<string, unknown>

export function all(
  templates: Templates,
  type: string,
  test: (properties: Properties) => boolean = () => true,
): [string, Resource][] {
  return Object.values(templates).flatMap(({ Resources }) =>
    Object.entries(Resources).filter(([, one]) => one.Type.endsWith(`::${type}`) && test(one.Properties ?? {})),
  )
}

export function find(templates: Templates, type: string, test?: (properties: Properties) => boolean): Resource {
  const [found] = all(templates, type, test)
  if (!found) throw new Error(`No ${type} to change`)
  return found[1]
}

export function propertiesOf(resource: Resource | undefined): Properties {
  if (!resource?.Properties) throw new Error('A resource without properties')
  return resource.Properties
}

export const isParty = (party: string) => (properties: Properties) =>
  JSON.stringify(properties.Tags ?? '').includes(`-${party}"`)

export function groupId(templates: Templates, party: string): object {
  const [found] = all(templates, 'SecurityGroup', isParty(party))
  if (!found) throw new Error(`No group of ${party}`)
  return { 'Fn::GetAtt': [found[0], 'GroupId'] }
}

export function addIngress(templates: Templates, party: string, rule: Properties): void {
  addRule(templates, 'Ingress', party, rule)
}

export function addEgress(templates: Templates, party: string, rule: Properties): void {
  addRule(templates, 'Egress', party, rule)
}

function addRule(templates: Templates, direction: 'Ingress' | 'Egress', party: string, rule: Properties): void {
  const { Resources } = templates.foundation ?? { Resources: {} }
  Resources[`Opening${direction}${Object.keys(Resources).length}`] = {
    Type: `AWS::EC2::SecurityGroup${direction}`,
    Properties: { GroupId: groupId(templates, party), IpProtocol: 'tcp', ...rule },
  }
}

export function changeRules(templates: Templates, change: (rules: string) => string): void {
  const group = propertiesOf(find(templates, 'RuleGroup', ({ Type }) => Type === 'STATEFUL')).RuleGroup as {
    RulesSource: { RulesString: string }
  }
  group.RulesSource.RulesString = change(group.RulesSource.RulesString)
}
