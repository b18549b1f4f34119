import { CfnRule } from 'aws-cdk-lib/aws-events'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { eventAlarms } from './event-alarms-table.ts'

/** News of AWS's services, with what they mean and which runbook to open, to the topic as they come. */
export function createNews(scope: Construct, environment: Environment, topicArn: string): void {
  const home = new Construct(scope, 'News')
  for (const { name, pattern, meaning, runbook } of eventAlarms) {
    new CfnRule(home, name, {
      name: `fincore-${environment.name}-${name}`,
      description: meaning,
      eventPattern: pattern,
      targets: [{ id: 'topic', arn: topicArn, inputTransformer: { inputTemplate: tell(name, meaning, runbook) } }],
    })
  }
}

/** An event alone says neither. EventBridge puts it in as it is, so what stands round it must be JSON too, without quotes. */
function tell(name: string, meaning: string, runbook: string): string {
  const said = JSON.stringify({ news: name, means: meaning, see: `docs/runbooks/${runbook}` })
  return said.replace(/}$/, ',"event":<aws.events.event.json>}')
}
