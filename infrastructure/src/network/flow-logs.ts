import { CfnFlowLog } from 'aws-cdk-lib/aws-ec2'
import { CfnManagedPolicy, CfnRole } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { createLogGroup } from '../log-group.ts'
import { trustOf } from '../trust.ts'

/** Every connection of the VPC, allowed or refused. */
export function createFlowLogs(scope: Construct, environment: Environment, vpcId: string, keys: Keys): void {
  const home = new Construct(scope, 'FlowLogs')
  const group = createLogGroup(home, 'Group', `/fincore/${environment.name}/flows`, keys)
  const policy = new CfnManagedPolicy(home, 'Policy', {
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          Resource: group.attrArn,
        },
      ],
    },
  })
  const role = new CfnRole(home, 'Role', {
    assumeRolePolicyDocument: trustOf('vpc-flow-logs.amazonaws.com', environment),
    managedPolicyArns: [policy.ref],
  })
  new CfnFlowLog(home, 'All', {
    resourceId: vpcId,
    resourceType: 'VPC',
    trafficType: 'ALL',
    maxAggregationInterval: 60,
    logGroupName: group.ref,
    deliverLogsPermissionArn: role.attrArn,
  })
}
