import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { CfnSubscription, CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'

/** Where everything goes that an operator must hear: alarms, alerts of the metrics, news of AWS's services, reminders. */
export function createTopic(scope: Construct, environment: Environment, keys: Keys): CfnTopic {
  const home = new Construct(scope, 'Topic')
  const topic = new CfnTopic(home, 'Topic', {
    topicName: `fincore-${environment.name}-alarms`,
    kmsMasterKeyId: keys.alarms.keyArn,
  })
  for (const [index, endpoint] of environment.alarmAddresses.entries()) {
    new CfnSubscription(home, `Address${index}`, { topicArn: topic.ref, protocol: 'email', endpoint })
  }
  const publish = (service: string, conditions = {}, more: string[] = []) =>
    new PolicyStatement({
      sid: service.split('.')[0],
      principals: [new ServicePrincipal(service)],
      actions: ['sns:Publish', ...more],
      resources: [topic.ref],
      conditions,
    }).toStatementJson()
  new CfnTopicPolicy(home, 'Policy', {
    topics: [topic.ref],
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        publish('cloudwatch.amazonaws.com', { StringEquals: { 'aws:SourceAccount': environment.account } }),
        publish(
          'aps.amazonaws.com',
          {
            StringEquals: { 'aws:SourceAccount': environment.account },
            ArnLike: { 'aws:SourceArn': `arn:aws:aps:${environment.region}:${environment.account}:workspace/*` },
          },
          ['sns:GetTopicAttributes'],
        ),
        // EventBridge tells SNS no account; an event of another account reaches no bus of this one.
        publish('events.amazonaws.com'),
        {
          Sid: 'NothingWithoutTls',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: topic.ref,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  })
  return topic
}
