import { CfnVPC, type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { vpcRange } from './address-plan.ts'
import { createEndpoints } from './endpoints.ts'
import { createFirewalls } from './firewall.ts'
import { createFlowLogs } from './flow-logs.ts'
import { guardNameResolution } from './name-resolution.ts'
import { createRoutes } from './routes.ts'
import { createSecurityGroups, type SecurityGroups } from './security-groups.ts'
import { createSubnets, type Subnets } from './subnets.ts'

export type Network = {
  vpcId: string
  subnets: Subnets
  securityGroups: SecurityGroups
  /** The same VPC for constructs of CDK that want one; its isolated subnets are those of the group `data`. */
  vpc: IVpc
}

/** The VPC with everything in it that decides who reaches whom. */
export function createNetwork(scope: Construct, environment: Environment, keys: Keys): Network {
  const home = new Construct(scope, 'Network')
  const vpc = new CfnVPC(home, 'Vpc', {
    cidrBlock: vpcRange(environment),
    enableDnsHostnames: true,
    enableDnsSupport: true,
    tags: [{ key: 'Name', value: `fincore-${environment.name}` }],
  })
  const subnets = createSubnets(home, environment, vpc.ref)
  const securityGroups = createSecurityGroups(home, environment, vpc.ref)
  createRoutes(home, environment, vpc.ref, subnets, createFirewalls(home, environment, vpc.ref, subnets, keys))
  createEndpoints(home, environment, vpc.ref, subnets, securityGroups)
  createFlowLogs(home, environment, vpc.ref, keys)
  guardNameResolution(home, environment, vpc.ref, keys)
  return {
    vpcId: vpc.ref,
    subnets,
    securityGroups,
    vpc: Vpc.fromVpcAttributes(home, 'VpcForCdk', {
      vpcId: vpc.ref,
      availabilityZones: [...environment.zones],
      isolatedSubnetIds: subnets.data.map(({ id }) => id),
    }),
  }
}
