import { CfnVPC, type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { vpcRange } from './address-plan.ts'
import { createSecurityGroups, type SecurityGroups } from './security-groups.ts'
import { createSubnets, type Subnets } from './subnets.ts'

export type Network = {
  vpcId: string
  subnets: Subnets
  securityGroups: SecurityGroups
  /** The same VPC for constructs of CDK that want one; its isolated subnets are those of the group `data`. */
  vpc: IVpc
}

export function createNetwork(scope: Construct, environment: Environment): Network {
  const home = new Construct(scope, 'Network')
  const vpc = new CfnVPC(home, 'Vpc', {
    cidrBlock: vpcRange(environment),
    enableDnsHostnames: true,
    enableDnsSupport: true,
    tags: [{ key: 'Name', value: `fincore-${environment.name}` }],
  })
  const subnets = createSubnets(home, environment, vpc.ref)
  return {
    vpcId: vpc.ref,
    subnets,
    securityGroups: createSecurityGroups(home, environment, vpc.ref),
    vpc: Vpc.fromVpcAttributes(home, 'VpcForCdk', {
      vpcId: vpc.ref,
      availabilityZones: [...environment.zones],
      isolatedSubnetIds: subnets.data.map(({ id }) => id),
    }),
  }
}
