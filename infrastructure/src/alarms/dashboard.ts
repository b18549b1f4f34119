import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch'
import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import type { MetricAlarm } from './metric-alarms.ts'

type Widget = { type: string; x: number; y: number; width: number; height: number; properties: Record<string, unknown> }

/** CloudWatch draws on a grid of this many columns. */
const columns = 24
const width = 8
const height = 5

/** All alarms' states at the top; below, for each group, a picture of each metric with the line that it must not cross. */
export function createDashboard(
  scope: Construct,
  environment: Environment,
  { alarmArns, metrics }: { alarmArns: string[]; metrics: readonly MetricAlarm[] },
): CfnDashboard {
  const widgets: Widget[] = [
    { type: 'alarm', x: 0, y: 0, width: columns, height: 6, properties: { title: 'Alarms', alarms: alarmArns } },
  ]
  let y = 6
  for (const [group, members] of Map.groupBy(metrics, (metric) => metric.group)) {
    widgets.push({ type: 'text', x: 0, y, width: columns, height: 1, properties: { markdown: `## ${group}` } })
    y++
    for (const [index, metric] of members.entries()) {
      const x = (index * width) % columns
      widgets.push({
        type: 'metric',
        x,
        y: y + Math.floor(index / 3) * height,
        width,
        height,
        properties: draw(environment, metric),
      })
    }
    y += Math.ceil(members.length / 3) * height
  }
  return new CfnDashboard(scope, 'Dashboard', {
    dashboardName: `fincore-${environment.name}`,
    dashboardBody: Stack.of(scope).toJsonString({ widgets }),
  })
}

function draw({ region }: Environment, metric: MetricAlarm): Record<string, unknown> {
  return {
    title: `${metric.name}: ${metric.meaning}`,
    region,
    view: 'timeSeries',
    stat: metric.statistic,
    period: metric.periodSeconds,
    metrics: [[metric.namespace, metric.metric, ...Object.entries(metric.dimensions).flat()]],
    annotations: { horizontal: [{ label: 'alarm', value: metric.threshold }] },
  }
}
