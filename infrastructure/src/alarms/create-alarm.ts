import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import type { MetricAlarm } from './metric-alarms.ts'

/** An alarm that says what it means and which runbook to open, and that says when it is over. */
export function createAlarm(
  scope: Construct,
  environment: Environment,
  topicArn: string,
  alarm: MetricAlarm,
): CfnAlarm {
  const created = new CfnAlarm(scope, `Alarm-${alarm.name}`, {
    alarmName: `fincore-${environment.name}-${alarm.name}`,
    alarmDescription: `${alarm.meaning}. See docs/runbooks/${alarm.runbook}`,
    namespace: alarm.namespace,
    metricName: alarm.metric,
    dimensions: Object.entries(alarm.dimensions).map(([name, value]) => ({ name, value })),
    statistic: alarm.statistic,
    period: alarm.periodSeconds,
    evaluationPeriods: alarm.periods,
    comparisonOperator: alarm.comparison === '>' ? 'GreaterThanThreshold' : 'LessThanThreshold',
    threshold: alarm.threshold,
    treatMissingData: alarm.missing ?? 'missing',
    alarmActions: [topicArn],
    okActions: [topicArn],
  })
  return created
}
