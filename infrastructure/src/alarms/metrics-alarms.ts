import type { Workspace } from '../metrics/workspace.ts'
import type { MetricAlarm } from './metric-alarms.ts'

/** The way of metrics into their workspace, and of alerts out of it: who watches must be watched by somebody else. */
export function watchMetrics({ id }: Workspace): MetricAlarm[] {
  const runbook = 'aws.md#metrics-do-not-arrive'
  return [
    {
      name: 'metrics-stopped',
      group: 'Metrics',
      namespace: 'AWS/Usage',
      metric: 'ResourceCount',
      dimensions: { Service: 'Prometheus', Type: 'Resource', Resource: 'IngestionRate', ResourceId: id, Class: 'None' },
      statistic: 'Maximum',
      periodSeconds: 60,
      periods: 5,
      comparison: '<',
      threshold: 1,
      missing: 'breaching',
      meaning: 'no collector’s samples arrive, so no rule of the metrics can raise an alert',
      runbook,
    },
    {
      name: 'alerts-not-sent',
      group: 'Metrics',
      namespace: 'AWS/Prometheus',
      metric: 'AlertManagerNotificationsFailed',
      dimensions: { Workspace: id },
      statistic: 'Sum',
      periodSeconds: 300,
      periods: 1,
      comparison: '>',
      threshold: 0,
      missing: 'notBreaching',
      meaning: 'an alert of the metrics could not be sent to the topic',
      runbook,
    },
  ]
}
