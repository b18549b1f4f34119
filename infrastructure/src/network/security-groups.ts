import { CfnSecurityGroup, CfnSecurityGroupEgress, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { allowedFlows, type Flow, type Party, parties } from './allowed-flows.ts'
import { createPublicAddresses } from './public-addresses.ts'

export type SecurityGroups = Record<Party, CfnSecurityGroup>

/** The security groups of all parties, with the rules of the table of allowed flows and no others. */
export function createSecurityGroups(scope: Construct, environment: Environment, vpcId: string): SecurityGroups {
  const home = new Construct(scope, 'SecurityGroups')
  const groups = Object.fromEntries(
    Object.entries(parties).map(([party, description]) => {
      const sendsNowhere = allowedFlows.every(({ from }) => from !== party)
      const group = new CfnSecurityGroup(home, party, {
        vpcId,
        // Security groups take no other letters than these in a description.
        groupDescription: description.replace(/[^\w .,:-]/g, ''),
        // Without a rule of our own, a group may send anywhere. This one leads to nobody.
        securityGroupEgress: sendsNowhere ? [nowhere] : [],
        tags: [{ key: 'Name', value: `fincore-${environment.name}-${party}` }],
      })
      return [party, group]
    }),
  ) as SecurityGroups
  const publicAddresses = createPublicAddresses(home, environment)
  for (const flow of allowedFlows) addFlow(home, environment, groups, publicAddresses.attrPrefixListId, flow)
  return groups
}

const nowhere = { ipProtocol: 'icmp', fromPort: 252, toPort: 86, cidrIp: '255.255.255.255/32', description: 'Nothing' }

function addFlow(
  scope: Construct,
  environment: Environment,
  groups: SecurityGroups,
  publicAddresses: string,
  flow: Flow,
): void {
  const name = `${flow.from}-${flow.to}-${flow.port}`
  const rule = {
    ipProtocol: 'tcp',
    fromPort: flow.port,
    toPort: flow.port,
    description: flow.why.replace(/[^\w .,:-]/g, ''),
  }
  const from = groupOf(groups, flow.from)
  const to = groupOf(groups, flow.to)
  if (from) {
    const destination = to
      ? { destinationSecurityGroupId: to.attrGroupId }
      : { destinationPrefixListId: flow.to === 's3' ? environment.s3PrefixList : publicAddresses }
    new CfnSecurityGroupEgress(scope, `out-${name}`, { groupId: from.attrGroupId, ...rule, ...destination })
  }
  if (to) {
    const sources = from
      ? [{ sourceSecurityGroupId: from.attrGroupId }]
      : rangesOf(environment, flow.from).map((cidrIp) => ({ cidrIp }))
    for (const [index, source] of sources.entries()) {
      new CfnSecurityGroupIngress(scope, `in-${name}-${index}`, { groupId: to.attrGroupId, ...rule, ...source })
    }
  }
}

function groupOf(groups: SecurityGroups, party: Flow['from']): CfnSecurityGroup | undefined {
  return party in groups ? groups[party as Party] : undefined
}

function rangesOf(environment: Environment, outside: Flow['from']): readonly string[] {
  return outside === 'operators' ? environment.operatorNetworks : ['0.0.0.0/0']
}
