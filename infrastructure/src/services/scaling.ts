import { CfnScalableTarget, CfnScalingPolicy } from 'aws-cdk-lib/aws-applicationautoscaling'
import type { CfnService } from 'aws-cdk-lib/aws-ecs'
import type { Construct } from 'constructs'
import type { Door } from '../edge/load-balancers.ts'
import type { ServiceName, ServiceRow } from './services-table.ts'

/** Per cent. A process has one thread: at half of one processor it has room for the time that new tasks take to start. */
const cpuTarget = 50

/** Lets a service grow between its bounds, quickly up and slowly down. */
export function scaleService(
  scope: Construct,
  name: ServiceName,
  {
    row,
    service,
    cluster,
    bounds,
    door,
  }: {
    row: ServiceRow
    service: CfnService
    cluster: string
    bounds: { min: number; max: number }
    door: Door | null
  },
): void {
  const target = new CfnScalableTarget(scope, `Scale-${name}`, {
    serviceNamespace: 'ecs',
    scalableDimension: 'ecs:service:DesiredCount',
    resourceId: `service/${cluster}/${service.attrName}`,
    minCapacity: bounds.min,
    maxCapacity: bounds.max,
  })
  const follow = (id: string, targetValue: number, metric: { predefinedMetricType: string; resourceLabel?: string }) =>
    new CfnScalingPolicy(scope, `Scale-${name}-${id}`, {
      policyName: `fincore-${name}-${id}`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: {
        targetValue,
        predefinedMetricSpecification: metric,
        scaleOutCooldown: 30,
        scaleInCooldown: 300,
      },
    })
  follow('cpu', cpuTarget, { predefinedMetricType: 'ECSServiceAverageCPUUtilization' })
  if (door && row.requestsPerMinute) {
    follow('requests', row.requestsPerMinute, {
      predefinedMetricType: 'ALBRequestCountPerTarget',
      resourceLabel: `${door.loadBalancerName}/${door.targetGroupName}`,
    })
  }
}
