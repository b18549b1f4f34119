import { readFileSync } from 'node:fs'
import { CfnRuleGroupsNamespace, CfnWorkspace } from 'aws-cdk-lib/aws-aps'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { CfnDeletionPolicy } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Keys } from '../data/keys.ts'
import type { Environment } from '../environments.ts'

/** Where metrics are kept and alert rules looked at. */
export type Workspace = { id: string; arn: string; remoteWriteUrl: string }

/** The same file that a Prometheus of one's own reads. */
const alertRules = new URL('../../../operations/prometheus/alerts.yaml', import.meta.url)

/** The workspace of Amazon Managed Service for Prometheus, with the alert rules, whose alerts go to the operators' topic. */
export function createWorkspace(
  scope: Construct,
  environment: Environment,
  { keys, topicArn }: { keys: Keys; topicArn: string },
): Workspace {
  const home = new Construct(scope, 'Metrics')
  const workspace = new CfnWorkspace(home, 'Workspace', {
    alias: `fincore-${environment.name}`,
    kmsKeyArn: keys.metrics.keyArn,
    alertManagerDefinition: sendAlerts(environment, topicArn),
  })
  // What happened before is asked for after the stack has gone, too.
  workspace.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN
  workspace.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN
  new CfnRuleGroupsNamespace(home, 'Alerts', {
    workspace: workspace.attrArn,
    name: 'fincore',
    data: readFileSync(alertRules, 'utf8'),
  })
  return {
    id: workspace.attrWorkspaceId,
    arn: workspace.attrArn,
    remoteWriteUrl: `${workspace.attrPrometheusEndpoint}api/v1/remote_write`,
  }
}

/** The one right that a collector needs: to write samples, to this workspace. */
export function allowRemoteWrite({ arn }: Workspace): PolicyStatement {
  return new PolicyStatement({ sid: 'WriteMetrics', actions: ['aps:RemoteWrite'], resources: [arn] })
}

/** The settings of the alert manager: one message for an alert, however many instances it is true of, and one when it is over. */
function sendAlerts({ region }: Environment, topicArn: string): string {
  return `alertmanager_config: |
  route:
    receiver: operators
    group_by: [alertname, severity]
    group_wait: 30s
    group_interval: 5m
    repeat_interval: 4h
  receivers:
    - name: operators
      sns_configs:
        - topic_arn: ${topicArn}
          sigv4:
            region: ${region}
          send_resolved: true
          subject: '{{ .Status }} ({{ .GroupLabels.severity }}): {{ .GroupLabels.alertname }}'
`
}
