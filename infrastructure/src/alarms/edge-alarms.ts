import type { Edge } from '../edge/load-balancers.ts'
import type { Environment } from '../environments.ts'
import type { MetricAlarm } from './metric-alarms.ts'

/** A load balancer, what is behind it, and the web application firewall before it. */
export function watchDoor(environment: Environment, name: string, door: Edge[keyof Edge]): MetricAlarm[] {
  const balancer = { LoadBalancer: door.loadBalancerName }
  const targets = { ...balancer, TargetGroup: door.targetGroupName }
  const base = {
    group: `Door ${name}`,
    namespace: 'AWS/ApplicationELB',
    periodSeconds: 60,
    missing: 'notBreaching',
  } as const
  return [
    {
      ...base,
      name: `${name}-5xx-of-service`,
      metric: 'HTTPCode_Target_5XX_Count',
      dimensions: balancer,
      statistic: 'Sum',
      periods: 5,
      comparison: '>',
      threshold: 10,
      meaning: 'the service answers with 5xx',
      runbook: 'process.md',
    },
    {
      ...base,
      name: `${name}-5xx-of-balancer`,
      metric: 'HTTPCode_ELB_5XX_Count',
      dimensions: balancer,
      statistic: 'Sum',
      periods: 3,
      comparison: '>',
      threshold: 5,
      meaning: 'the load balancer finds nobody who answers',
      runbook: 'aws.md#a-load-balancer-finds-nobody',
    },
    {
      ...base,
      name: `${name}-no-healthy-target`,
      metric: 'HealthyHostCount',
      dimensions: targets,
      statistic: 'Minimum',
      periods: 2,
      comparison: '<',
      threshold: 1,
      missing: 'breaching',
      meaning: 'not one task is ready',
      runbook: 'aws.md#a-load-balancer-finds-nobody',
    },
    {
      ...base,
      name: `${name}-unhealthy-target`,
      metric: 'UnHealthyHostCount',
      dimensions: targets,
      statistic: 'Minimum',
      periods: 10,
      comparison: '>',
      threshold: 0,
      meaning: 'a task has not been ready for ten minutes',
      runbook: 'process.md',
    },
    {
      ...base,
      name: `${name}-requests-blocked`,
      group: 'Firewalls',
      namespace: 'AWS/WAFV2',
      metric: 'BlockedRequests',
      dimensions: { WebACL: `fincore-${environment.name}-${name}`, Region: environment.region, Rule: 'ALL' },
      statistic: 'Sum',
      periodSeconds: 300,
      periods: 1,
      comparison: '>',
      threshold: 1000,
      meaning: 'the web application firewall turns away many requests',
      runbook: 'aws.md#the-web-application-firewall-blocks',
    },
  ]
}

/** The network firewall of a zone. */
export function watchFirewall(environment: Environment, zone: string, index: number): MetricAlarm {
  return {
    name: `firewall-drops-${zone}`,
    group: 'Firewalls',
    namespace: 'AWS/NetworkFirewall',
    metric: 'DroppedPackets',
    dimensions: { FirewallName: `fincore-${environment.name}-${index}`, AvailabilityZone: zone, Engine: 'Stateful' },
    statistic: 'Sum',
    periodSeconds: 300,
    periods: 1,
    comparison: '>',
    threshold: 100,
    missing: 'notBreaching',
    meaning: 'a task wants to go where it may not',
    runbook: 'aws.md#the-network-firewall-drops',
  }
}
