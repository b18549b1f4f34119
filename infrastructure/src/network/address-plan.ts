import type { Environment } from '../environments.ts'

/**
 * The groups of subnets, in the order of their addresses. Each has one subnet in each zone, with a route table of its own.
 * A group is a /22 and a subnet of it a /24, so that a rule can name a whole group.
 */
export const subnetGroups = {
  public: 'the two load balancers that the Internet reaches, and nothing else',
  egress: 'NAT gateways',
  firewall: 'the endpoints of the network firewall',
  relay: 'the card relay',
  application: 'api, admin and migrations',
  worker: 'the worker',
  operators: 'the admin API’s load balancer, and the way in from the operators’ networks',
  endpoints: 'the private ways to AWS’s own services',
  data: 'the database; no way out of the VPC',
} as const

export type SubnetGroup = keyof typeof subnetGroups
export const groupNames = Object.keys(subnetGroups) as SubnetGroup[]

/** Groups whose way to the Internet leads through the firewall of their zone. */
export const filteredGroups = ['relay', 'application', 'worker'] as const satisfies SubnetGroup[]

/** The range of the whole VPC, `10.50.0.0/16`. */
export function vpcRange(environment: Environment): string {
  return `${environment.addressPrefix}.0.0/16`
}

/** The range of a group of subnets, `10.50.12.0/22`. */
export function groupRange(environment: Environment, group: SubnetGroup): string {
  return `${environment.addressPrefix}.${groupNames.indexOf(group) * 4}.0/22`
}

/** The range of a group's subnet in a zone, which is 0, 1 or 2: `10.50.13.0/24`. */
export function subnetRange(environment: Environment, group: SubnetGroup, zone: number): string {
  return `${environment.addressPrefix}.${groupNames.indexOf(group) * 4 + zone}.0/24`
}
