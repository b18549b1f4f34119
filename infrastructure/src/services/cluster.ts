import { CfnCluster } from 'aws-cdk-lib/aws-ecs'
import type { Construct } from 'constructs'

/** The cluster of all services, with CloudWatch's container insights. */
export function createCluster(scope: Construct): CfnCluster {
  return new CfnCluster(scope, 'Cluster', { clusterSettings: [{ name: 'containerInsights', value: 'enhanced' }] })
}
