import type { Templates } from '../checks/template.ts'
import { type Properties, type Resolved, resolveTemplates } from './resolve.ts'

/** Something with network interfaces: a service, a load balancer, an endpoint, the database. */
export type Node = {
  name: string
  kind: 'task' | 'balancer' | 'endpoint' | 'database'
  groups: string[]
  subnets: string[]
  /** Whether the Internet can find it: it has an address there. */
  hasPublicAddress: boolean
}
/** A rule of a security group. `peer` is another group, a prefix list or a range. */
export type Rule = { group: string; peer: string; from: number; to: number; protocol: string; why: string }
export type Route = {
  destination: string
  target: { kind: 'internet' | 'nat' | 'firewall' | 's3' | 'operators'; id: string }
}
export type Subnet = { id: string; range: string; routes: Route[] }

/** What of the templates decides who reaches whom. */
export type Model = {
  nodes: Node[]
  ingress: Rule[]
  egress: Rule[]
  subnets: Map<string, Subnet>
  /** Ranges of the prefix lists that are made here; those of AWS are known by their id alone. */
  prefixLists: Map<string, string[]>
  /** The rules of the network firewall, and what their variables stand for. */
  firewall: { rules: string; variables: Map<string, string[]>; firewalls: string[]; defaultActions: string[] }
  /** Resources by type, for demands that look at one. */
  ofType: (type: string) => Resolved[]
}

export function readModel(templates: Templates): Model {
  const resources = resolveTemplates(templates)
  const ofType = (type: string) => resources.filter((one) => one.type === type)
  return {
    nodes: [
      ...readTasks(resources, templates),
      ...readBalancers(ofType),
      ...readEndpoints(ofType),
      ...readDatabases(ofType),
    ],
    ingress: readRules(resources, 'Ingress', 'Source'),
    egress: readRules(resources, 'Egress', 'Destination'),
    subnets: readSubnets(ofType),
    prefixLists: new Map(
      ofType('AWS::EC2::PrefixList').map(({ id, properties }) => [
        id,
        (properties.Entries as { Cidr: string }[]).map(({ Cidr }) => Cidr),
      ]),
    ),
    firewall: readFirewall(ofType),
    ofType,
  }
}

type OfType = Model['ofType']
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** Services, and the one-off tasks that stand in no service: an output says where those run. */
function readTasks(resources: Resolved[], templates: Templates): Node[] {
  const services = resources
    .filter(({ type }) => type === 'AWS::ECS::Service')
    .map(({ properties }) => toTask(String(properties.ServiceName), properties.NetworkConfiguration))
  const scheduled = new Map<string, Node>()
  for (const { id, properties } of resources.filter(({ type }) => type === 'AWS::Scheduler::Schedule')) {
    const target = properties.Target as { EcsParameters?: Properties } | undefined
    const name = String(properties.Name ?? id).replace(/^fincore-[a-z]+-/, '')
    // Several schedules may start one task, which is called as the first of them.
    const task = JSON.stringify(target?.EcsParameters)
    if (target?.EcsParameters && !scheduled.has(task)) {
      scheduled.set(task, toTask(name, target.EcsParameters.NetworkConfiguration))
    }
  }
  return [...services, ...scheduled.values(), ...readOneOffTasks(templates)]
}

function toTask(name: string, configuration: unknown): Node {
  const { AwsvpcConfiguration: vpc } = configuration as { AwsvpcConfiguration: Properties }
  return {
    name,
    kind: 'task',
    groups: strings(vpc.SecurityGroups),
    subnets: strings(vpc.Subnets),
    hasPublicAddress: vpc.AssignPublicIp !== 'DISABLED',
  }
}

function readOneOffTasks(templates: Templates): Node[] {
  const outputs = templates.migrations?.Outputs ?? {}
  const value = (name: string) => {
    const made = { Resources: { It: { Type: 'Output', Properties: { Value: outputs[name]?.Value } } } }
    const [resolved] = resolveTemplates({ ...templates, output: made }).filter(({ type }) => type === 'Output')
    return strings([resolved?.properties.Value].flat())
  }
  return [
    {
      name: 'migrations',
      kind: 'task',
      groups: value('MigrationsSecurityGroup'),
      subnets: value('MigrationsSubnets'),
      hasPublicAddress: false,
    },
  ]
}

function readBalancers(ofType: OfType): Node[] {
  return ofType('AWS::ElasticLoadBalancingV2::LoadBalancer').map(({ properties }) => ({
    name: `${String(properties.Name).split('-').at(-1)} load balancer`,
    kind: 'balancer',
    groups: strings(properties.SecurityGroups),
    subnets: strings(properties.Subnets),
    hasPublicAddress: properties.Scheme !== 'internal',
  }))
}

function readEndpoints(ofType: OfType): Node[] {
  return ofType('AWS::EC2::VPCEndpoint')
    .filter(({ properties }) => properties.VpcEndpointType === 'Interface')
    .map(({ properties }) => ({
      name: `AWS ${String(properties.ServiceName).split('.').slice(3).join('.')}`,
      kind: 'endpoint',
      groups: strings(properties.SecurityGroupIds),
      subnets: strings(properties.SubnetIds),
      hasPublicAddress: false,
    }))
}

function readDatabases(ofType: OfType): Node[] {
  const groups = ofType('AWS::RDS::DBSubnetGroup')
  return ofType('AWS::RDS::DBCluster').map(({ properties }) => ({
    name: 'database',
    kind: 'database',
    groups: strings(properties.VpcSecurityGroupIds),
    subnets: strings(groups.find(({ id }) => id === properties.DBSubnetGroupName)?.properties.SubnetIds),
    hasPublicAddress: ofType('AWS::RDS::DBInstance').some((one) => one.properties.PubliclyAccessible !== false),
  }))
}

function readRules(resources: Resolved[], direction: 'Ingress' | 'Egress', end: 'Source' | 'Destination'): Rule[] {
  const toRule = (group: string, properties: Properties): Rule => ({
    group,
    peer: String(
      properties[`${end}SecurityGroupId`] ??
        properties[`${end}PrefixListId`] ??
        properties.CidrIp ??
        properties.CidrIpv6,
    ),
    from: Number(properties.FromPort ?? 0),
    to: Number(properties.ToPort ?? 65_535),
    protocol: String(properties.IpProtocol),
    why: String(properties.Description ?? ''),
  })
  return resources.flatMap(({ id, type, properties }) => {
    if (type === `AWS::EC2::SecurityGroup${direction}`) return [toRule(String(properties.GroupId), properties)]
    if (type !== 'AWS::EC2::SecurityGroup') return []
    const inline = properties[`SecurityGroup${direction}`] as Properties[] | undefined
    // Without rules of its own a group may send anywhere.
    if (direction === 'Egress' && !resources.some(hasEgressOf(id)) && !inline?.length)
      return [toRule(id, { CidrIp: '0.0.0.0/0', IpProtocol: '-1' })]
    return (inline ?? []).map((one) => toRule(id, one))
  })
}

const hasEgressOf = (group: string) => (one: Resolved) =>
  one.type === 'AWS::EC2::SecurityGroupEgress' && one.properties.GroupId === group

function readSubnets(ofType: OfType): Map<string, Subnet> {
  const tables = ofType('AWS::EC2::SubnetRouteTableAssociation')
  const routes = ofType('AWS::EC2::Route')
  const gateways = ofType('AWS::EC2::VPCEndpoint').filter(({ properties }) => properties.VpcEndpointType === 'Gateway')
  return new Map(
    ofType('AWS::EC2::Subnet').map(({ id, properties }) => {
      const table = tables.find((one) => one.properties.SubnetId === id)?.properties.RouteTableId
      const own = routes.filter((one) => one.properties.RouteTableId === table).map(toRoute)
      const toS3 = gateways
        .filter((one) => strings(one.properties.RouteTableIds).includes(String(table)))
        .map((one): Route => ({ destination: 's3', target: { kind: 's3', id: one.id } }))
      return [id, { id, range: String(properties.CidrBlock), routes: [...own, ...toS3] }]
    }),
  )
}

function toRoute({ properties }: Resolved): Route {
  const kinds = {
    GatewayId: 'internet',
    NatGatewayId: 'nat',
    VpcEndpointId: 'firewall',
    TransitGatewayId: 'operators',
  } as const
  const found = Object.entries(kinds).find(([name]) => properties[name] !== undefined)
  if (!found) throw new Error(`A route leads where this does not know: ${Object.keys(properties).join(', ')}`)
  const [name, kind] = found
  return { destination: String(properties.DestinationCidrBlock), target: { kind, id: String(properties[name]) } }
}

function readFirewall(ofType: OfType): Model['firewall'] {
  const groups = ofType('AWS::NetworkFirewall::RuleGroup').map(
    ({ properties }) =>
      properties.RuleGroup as {
        RulesSource: Properties
        RuleVariables: { IPSets: Record<string, { Definition: string[] }> }
      },
  )
  const policy = ofType('AWS::NetworkFirewall::FirewallPolicy')[0]?.properties.FirewallPolicy as Properties | undefined
  return {
    rules: groups.map(({ RulesSource }) => String(RulesSource.RulesString)).join('\n'),
    variables: new Map(
      groups.flatMap(({ RuleVariables }) =>
        Object.entries(RuleVariables.IPSets).map(([name, { Definition }]) => [name, Definition] as const),
      ),
    ),
    firewalls: ofType('AWS::NetworkFirewall::Firewall').map(({ id }) => id),
    defaultActions: strings(policy?.StatefulDefaultActions),
  }
}
