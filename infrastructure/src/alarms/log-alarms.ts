import type { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import { CfnMetricFilter } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { LogGroups } from '../audit/log-groups.ts'
import { trailLogName } from '../audit/trail.ts'
import type { Environment } from '../environments.ts'
import { createAlarm } from './create-alarm.ts'
import { type LogAlarm, logAlarms } from './log-alarms-table.ts'
import { patternOf } from './log-pattern.ts'
import { trailAlarms } from './trail-alarms-table.ts'

/** The name under which lines are counted; each environment has an account of its own. */
export const countedLines = 'FinCore'

/** Counts the lines of the table in the programs' logs, and raises an alarm when there are enough of them. */
export function createLogAlarms(
  scope: Construct,
  environment: Environment,
  { logGroups, topicArn }: { logGroups: LogGroups; topicArn: string },
): CfnAlarm[] {
  const home = new Construct(scope, 'LogAlarms')
  return logAlarms.map(({ name, line, from, times = 1, minutes = 5, runbook }) => {
    for (const program of from) {
      count(home, `${name}-${program}`, {
        logGroupName: logGroups[program].ref,
        pattern: patternOf(line),
        metric: name,
      })
    }
    return createAlarm(home, environment, topicArn, {
      name,
      group: 'FinCore',
      namespace: countedLines,
      metric: name,
      dimensions: {},
      statistic: 'Sum',
      // CloudWatch knows periods of whole minutes; long ones it wants to divide a day.
      periodSeconds: minutes * 60,
      periods: 1,
      comparison: '>',
      threshold: times - 1,
      missing: 'notBreaching',
      meaning: meaningOf(line),
      runbook,
    })
  })
}

function meaningOf(line: LogAlarm['line']): string {
  if ('event' in line) return `${line.event}${line.code ? ` (${line.code})` : ''}`
  return 'level' in line ? line.meaning : line.message
}

/** The same of the account's trail. */
export function createTrailAlarms(scope: Construct, environment: Environment, topicArn: string): CfnAlarm[] {
  const home = new Construct(scope, 'TrailAlarms')
  return trailAlarms.map(({ name, pattern, meaning }) => {
    count(home, name, { logGroupName: trailLogName(environment), pattern, metric: name })
    return createAlarm(home, environment, topicArn, {
      name,
      group: 'Account',
      namespace: countedLines,
      metric: name,
      dimensions: {},
      statistic: 'Sum',
      periodSeconds: 300,
      periods: 1,
      comparison: '>',
      threshold: 0,
      missing: 'notBreaching',
      meaning,
      runbook: 'aws.md#somebody-does-what-nobody-should',
    })
  })
}

function count(
  scope: Construct,
  id: string,
  { logGroupName, pattern, metric }: { logGroupName: string; pattern: string; metric: string },
): void {
  new CfnMetricFilter(scope, `Count-${id}`, {
    logGroupName,
    filterPattern: pattern,
    metricTransformations: [{ metricNamespace: countedLines, metricName: metric, metricValue: '1', unit: 'Count' }],
  })
}
