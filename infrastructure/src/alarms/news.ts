import { CfnRule } from 'aws-cdk-lib/aws-events'
import { Construct } from 'constructs'
import type { Environment } from '../environments.ts'
import { eventAlarms } from './event-alarms-table.ts'

/** News of AWS's services, to the topic as they come. */
export function createNews(scope: Construct, environment: Environment, topicArn: string): void {
  const home = new Construct(scope, 'News')
  for (const { name, pattern, meaning } of eventAlarms) {
    new CfnRule(home, name, {
      name: `fincore-${environment.name}-${name}`,
      description: meaning,
      eventPattern: pattern,
      targets: [{ id: 'topic', arn: topicArn }],
    })
  }
}
