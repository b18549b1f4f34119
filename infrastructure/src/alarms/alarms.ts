import { Construct } from 'constructs'
import type { LogGroups } from '../audit/log-groups.ts'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'
import { createAlarm } from './create-alarm.ts'
import { createDashboard } from './dashboard.ts'
import { createLogAlarms, createTrailAlarms } from './log-alarms.ts'
import { listMetricAlarms, type Watched } from './metric-alarms.ts'
import { createNews } from './news.ts'
import { createReminders } from './reminders.ts'

/** Everything that tells operators to look, and the dashboard to look at. */
export function createAlarms(
  scope: Construct,
  environment: Environment,
  { keys, logGroups, topicArn, watched }: { keys: Keys; logGroups: LogGroups; topicArn: string; watched: Watched },
): void {
  const home = new Construct(scope, 'Alarms')
  const metrics = listMetricAlarms(environment, watched)
  const alarms = [
    ...createLogAlarms(home, environment, { logGroups, topicArn }),
    ...createTrailAlarms(home, environment, topicArn),
    ...metrics.map((metric) => createAlarm(home, environment, topicArn, metric)),
  ]
  createNews(home, environment, topicArn)
  createReminders(home, environment, keys, topicArn)
  createDashboard(home, environment, { alarmArns: alarms.map((alarm) => alarm.attrArn), metrics })
}
