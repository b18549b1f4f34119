import { CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import type { Party } from './allowed-flows.ts'
import type { SecurityGroups } from './security-groups.ts'
import type { Subnets } from './subnets.ts'

/** The services of AWS that tasks need, each by a private way of its own, and what may be asked of it there. */
export const interfaceEndpoints: Record<string, { behind: Party; actions: string[] }> = {
  'ecr.api': {
    behind: 'taskEndpoints',
    actions: [
      'ecr:GetAuthorizationToken',
      'ecr:BatchCheckLayerAvailability',
      'ecr:GetDownloadUrlForLayer',
      'ecr:BatchGetImage',
    ],
  },
  'ecr.dkr': {
    behind: 'taskEndpoints',
    actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
  },
  logs: { behind: 'taskEndpoints', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'] },
  secretsmanager: { behind: 'taskEndpoints', actions: ['secretsmanager:GetSecretValue'] },
  ssm: { behind: 'taskEndpoints', actions: ['ssm:GetParameters'] },
  // GuardDuty puts an agent beside each task, which reports what runs there. Which calls it makes, Amazon does not bound.
  'guardduty-data': { behind: 'taskEndpoints', actions: ['*'] },
  kms: { behind: 'keyEndpoint', actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'] },
  'aps-workspaces': { behind: 'metricsEndpoint', actions: ['aps:RemoteWrite'] },
}

/** Interface endpoints of those services, and S3's gateway; nobody of another account gets through them. */
export function createEndpoints(
  scope: Construct,
  environment: Environment,
  vpcId: string,
  subnets: Subnets,
  securityGroups: SecurityGroups,
): void {
  const home = new Construct(scope, 'Endpoints')
  const ofThisAccount = { StringEquals: { 'aws:PrincipalAccount': environment.account } }
  const allow = (Action: string[], Resource: string | string[]) => ({
    Effect: 'Allow',
    Principal: '*',
    Action,
    Resource,
  })
  for (const [service, { behind, actions }] of Object.entries(interfaceEndpoints)) {
    new CfnVPCEndpoint(home, service, {
      vpcId,
      serviceName: `com.amazonaws.${environment.region}.${service}`,
      vpcEndpointType: 'Interface',
      privateDnsEnabled: true,
      subnetIds: subnets.endpoints.map(({ id }) => id),
      securityGroupIds: [securityGroups[behind].attrGroupId],
      policyDocument: { Version: '2012-10-17', Statement: [{ ...allow(actions, '*'), Condition: ofThisAccount }] },
    })
  }
  new CfnVPCEndpoint(home, 's3', {
    vpcId,
    serviceName: `com.amazonaws.${environment.region}.s3`,
    vpcEndpointType: 'Gateway',
    routeTableIds: [...subnets.relay, ...subnets.application, ...subnets.worker].map(
      ({ routeTableId }) => routeTableId,
    ),
    policyDocument: {
      Version: '2012-10-17',
      // The bucket where the registry of images keeps their layers, which it gives out by signed addresses.
      Statement: [allow(['s3:GetObject'], [`arn:aws:s3:::prod-${environment.region}-starport-layer-bucket/*`])],
    },
  })
}
