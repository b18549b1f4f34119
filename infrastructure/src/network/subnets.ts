import { CfnRouteTable, CfnSubnet, CfnSubnetRouteTableAssociation } from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { groupNames, type SubnetGroup, subnetRange } from './address-plan.ts'

export type Subnet = { id: string; routeTableId: string; range: string }
/** Of each group its subnets, one in each zone. */
export type Subnets = Record<SubnetGroup, Subnet[]>

/** All subnets, each with an empty route table of its own. None gives out public addresses. */
export function createSubnets(scope: Construct, environment: Environment, vpcId: string): Subnets {
  const ofGroup = (group: SubnetGroup): Subnet[] =>
    environment.zones.map((availabilityZone, zone) => {
      const range = subnetRange(environment, group, zone)
      const tags = [{ key: 'Name', value: `fincore-${environment.name}-${group}-${zone}` }]
      const subnet = new CfnSubnet(scope, `Subnet-${group}-${zone}`, {
        vpcId,
        availabilityZone,
        cidrBlock: range,
        mapPublicIpOnLaunch: false,
        tags,
      })
      const routeTable = new CfnRouteTable(scope, `Routes-${group}-${zone}`, { vpcId, tags })
      new CfnSubnetRouteTableAssociation(scope, `RoutesOf-${group}-${zone}`, {
        subnetId: subnet.ref,
        routeTableId: routeTable.ref,
      })
      return { id: subnet.ref, routeTableId: routeTable.ref, range }
    })
  return Object.fromEntries(groupNames.map((group) => [group, ofGroup(group)])) as Subnets
}
