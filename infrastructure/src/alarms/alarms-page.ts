import type { Resource } from '../checks/template.ts'
import type { Resources } from '../cost/count-resources.ts'
import { eventAlarms } from './event-alarms-table.ts'
import { countedLines } from './log-alarms.ts'

/** docs/aws/alarms.md: every alarm of a template, with when it is raised and which runbook says what to do. */
export function describeAlarms(all: Resources): string {
  const alarms = all.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm').map(readAlarm)
  return `# Alarms

Made by \`npm run docs\` from the templates of \`production\`. All go to one topic, and from there by e-mail to the \`alarmAddresses\` of the environment; each also says when it is over. The messages are those of [What to watch](../operating.md#what-to-watch); a test finds every one in the code, and every error of the code here. The dashboard \`fincore-production\` has their states at its top, and a picture of each metric of AWS with its limit.

| alarm | raised when | means | do |
| --- | --- | --- | --- |
${alarms.map(({ name, when, meaning, runbook }) => `| \`${name}\` | ${when} | ${meaning} | ${link(runbook)} |`).join('\n')}

What no line of a log and no metric of AWS tells, as the age of the oldest attempt in doubt, stands in \`/metrics\` of each task. A collector beside it sends that to Amazon Managed Service for Prometheus, which looks at the rules of \`operations/prometheus/alerts.yaml\` ([all of them](../metrics.md#alerts)) and tells the same topic: \`firing (page): FincoreInDoubtOld\`, with its runbook in the message. Alerts have nothing in CloudWatch: those that fire now are in the workspace ([how to see them](README.md#metrics-and-dashboards)).

## News of AWS’s services

They come as they happen, without a limit to cross, as JSON: the name (\`news\`), what it means, its runbook, and the event of AWS’s.

| news | means | do |
| --- | --- | --- |
${eventAlarms.map(({ name, meaning, runbook }) => `| \`${name}\` | ${meaning} | ${link(runbook)} |`).join('\n')}
`
}

function link(runbook: string): string {
  return `[${runbook.replace('.md', '').replace('#', ': ').replaceAll('-', ' ')}](../runbooks/${runbook})`
}

function readAlarm({ Properties = {} }: Resource) {
  const { AlarmName, AlarmDescription, MetricName, Statistic, Period, EvaluationPeriods, ComparisonOperator } =
    Properties
  const { Threshold, TreatMissingData, Namespace } = Properties
  const [, meaning = '', runbook = ''] = String(AlarmDescription).match(/^(.*)\. See docs\/runbooks\/(\S+)$/) ?? []
  const sign = ComparisonOperator === 'GreaterThanThreshold' ? '>' : '<'
  const minutes = (Number(Period) * Number(EvaluationPeriods)) / 60
  const span = minutes >= 60 ? `${minutes / 60} h` : `${minutes} min`
  const missing = TreatMissingData === 'breaching' ? ', or nothing is heard' : ''
  const lines = Number(Threshold) + 1
  return {
    name: String(AlarmName).replace(/^fincore-[a-z]+-/, ''),
    when:
      Namespace === countedLines
        ? `${lines === 1 ? 'a line' : `${lines} lines`} in ${span}`
        : `${MetricName} (${String(Statistic).toLowerCase()}) ${sign} ${Number(Threshold).toLocaleString('en-GB')} for ${span}${missing}`,
    meaning,
    runbook,
  }
}
