import { deliveryName } from '../audit/delivery.ts'
import type { Environment } from '../environments.ts'
import type { MetricAlarm } from './metric-alarms.ts'

/** The way of seals and exports into the archive. */
export function watchDeliveries(environment: Environment): MetricAlarm[] {
  const stream = (what: 'seals' | 'exports') => ({ DeliveryStreamName: deliveryName(environment, what) })
  const late = (what: 'seals' | 'exports'): MetricAlarm => ({
    name: `archive-${what}-late`,
    group: 'Audit',
    namespace: 'AWS/Firehose',
    metric: 'DeliveryToS3.DataFreshness',
    dimensions: stream(what),
    statistic: 'Maximum',
    periodSeconds: 300,
    periods: 3,
    comparison: '>',
    threshold: 1800,
    missing: 'notBreaching',
    meaning: 'what should be in the archive has waited for half an hour',
    runbook: 'aws.md#the-archive-gets-nothing',
  })
  return [
    late('seals'),
    late('exports'),
    {
      name: 'audit-export-missing',
      group: 'Audit',
      namespace: 'AWS/Firehose',
      metric: 'IncomingRecords',
      dimensions: stream('exports'),
      statistic: 'Sum',
      periodSeconds: 86_400,
      periods: 1,
      comparison: '<',
      threshold: 1,
      missing: 'breaching',
      meaning: 'no export of the audit log came for a day',
      runbook: 'aws.md#the-archive-gets-nothing',
    },
  ]
}
