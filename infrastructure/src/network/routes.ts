import {
  CfnEIP,
  CfnInternetGateway,
  CfnNatGateway,
  CfnRoute,
  CfnTransitGatewayAttachment,
  CfnVPCGatewayAttachment,
} from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { filteredGroups } from './address-plan.ts'
import type { Subnets } from './subnets.ts'

const everywhere = '0.0.0.0/0'

/**
 * The ways out: private subnet → firewall of the zone → NAT gateway of the zone → Internet, and back through the same
 * firewall. `endpoints` and `data` have none, and `operators` only the one to the operators' networks.
 */
export function createRoutes(
  scope: Construct,
  environment: Environment,
  vpcId: string,
  subnets: Subnets,
  firewallEndpoints: readonly string[],
): void {
  const home = new Construct(scope, 'Routes')
  const tags = [{ key: 'Name', value: `fincore-${environment.name}` }]
  const internet = new CfnInternetGateway(home, 'Internet', { tags })
  const attached = new CfnVPCGatewayAttachment(home, 'InternetOfVpc', { vpcId, internetGatewayId: internet.ref })

  for (const group of ['public', 'egress'] as const) {
    for (const [zone, { routeTableId }] of subnets[group].entries()) {
      const route = new CfnRoute(home, `${group}-${zone}`, {
        routeTableId,
        destinationCidrBlock: everywhere,
        gatewayId: internet.ref,
      })
      route.addResourceDependency(attached)
    }
  }
  for (const zone of firewallEndpoints.keys()) {
    const address = new CfnEIP(home, `Address-${zone}`, { domain: 'vpc', tags })
    address.addResourceDependency(attached)
    const nat = new CfnNatGateway(home, `Nat-${zone}`, {
      subnetId: subnets.egress[zone]?.id ?? '',
      allocationId: address.attrAllocationId,
      tags,
    })
    new CfnRoute(home, `firewall-${zone}`, {
      routeTableId: subnets.firewall[zone]?.routeTableId ?? '',
      destinationCidrBlock: everywhere,
      natGatewayId: nat.ref,
    })
  }
  for (const group of filteredGroups) {
    for (const [zone, { routeTableId, range }] of subnets[group].entries()) {
      // Its own zone's firewall; where there is one for all zones, that.
      const through = zone % firewallEndpoints.length
      const vpcEndpointId = firewallEndpoints[through] ?? ''
      new CfnRoute(home, `${group}-${zone}`, { routeTableId, destinationCidrBlock: everywhere, vpcEndpointId })
      // What comes back is seen by the same firewall, which would otherwise know only half of each connection.
      new CfnRoute(home, `back-to-${group}-${zone}`, {
        routeTableId: subnets.egress[through]?.routeTableId ?? '',
        destinationCidrBlock: range,
        vpcEndpointId,
      })
    }
  }

  const operators = new CfnTransitGatewayAttachment(home, 'Operators', {
    vpcId,
    transitGatewayId: environment.transitGatewayId,
    subnetIds: subnets.operators.map(({ id }) => id),
    tags,
  })
  for (const [zone, { routeTableId }] of subnets.operators.entries()) {
    for (const [index, destinationCidrBlock] of environment.operatorNetworks.entries()) {
      const { transitGatewayId } = environment
      new CfnRoute(home, `operators-${zone}-${index}`, {
        routeTableId,
        destinationCidrBlock,
        transitGatewayId,
      }).addResourceDependency(operators)
    }
  }
}
