import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { synthesise } from '../checks/synthesise.ts'
import { environmentNames, environments } from '../environments.ts'
import { collectorConfig, taskAddress } from './collector-config.ts'

type Properties = Record<string, unknown>
type Container = Properties & { Name: string }
/** CloudFormation's way to write a text that has another resource's in it. */
const text = (value: unknown) => JSON.stringify(value)

for (const name of environmentNames) {
  const { templates } = synthesise(name)
  const resources = Object.entries(templates.service?.Resources ?? {})
  const ofType = (type: string) =>
    resources.flatMap(([id, { Type, Properties = {} }]) => (Type === type ? [{ id, ...Properties }] : [])) as ({
      id: string
    } & Properties)[]
  const collected = ofType('AWS::ECS::TaskDefinition').flatMap((task) => {
    const [program, ...beside] = task.ContainerDefinitions as [Container, ...Container[]]
    return beside.map((collector) => ({ task, program, collector }))
  })

  describe(`the metrics of ${name}`, () => {
    it('are collected beside each program that serves them, by the image of one digest, which no payment waits for', () => {
      assert.deepEqual(collected.map(({ program }) => program.Name).sort(), ['admin', 'api', 'worker'])
      for (const { program, collector } of collected) {
        assert.equal(collector.Name, 'collector')
        assert.equal(collector.Essential, false)
        assert.equal(program.DependsOn ?? collector.DependsOn, undefined)
        assert.equal(collector.PortMappings, undefined)
        assert.match(text(collector.Image), /Imagesawsotelcollector.*@sha256:[0-9a-f]{64}"/)
      }
    })

    it('take a bounded part of a task, and leave the program its own and AWS’s containers theirs', () => {
      for (const { task, program, collector } of collected) {
        assert.ok(Number(collector.Memory) * 4 <= Number(task.Memory))
        assert.ok(Number(collector.Cpu) * 8 <= Number(task.Cpu))
        assert.equal(Number(program.Cpu) + Number(collector.Cpu) + 256, Number(task.Cpu))
        assert.ok(Number(program.Cpu) >= 3 * Number(collector.Cpu))
      }
    })

    it('may be written by the tasks that have a collector, to the one workspace, and read by no program', () => {
      const rights = ofType('AWS::IAM::ManagedPolicy')
        .flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: Properties[] }).Statement)
        .filter(({ Action }) => text(Action).includes('aps:'))
      assert.equal(rights.length, 3)
      for (const { Action, Resource } of rights) {
        assert.equal(Action, 'aps:RemoteWrite')
        assert.match(text(Resource), /^\{"Fn::GetAtt":\["MetricsWorkspace\w*","Arn"\]\}$/)
      }
    })

    it('are held against the alert rules of operations/, and alerts go to the topic of the alarms', () => {
      const [rules] = ofType('AWS::APS::RuleGroupsNamespace')
      const file = readFileSync(new URL('../../../operations/prometheus/alerts.yaml', import.meta.url), 'utf8')
      assert.equal(rules?.Data, file)
      const [[workspace], [topic]] = [ofType('AWS::APS::Workspace'), ofType('AWS::SNS::Topic')]
      assert.ok(text(workspace?.AlertManagerDefinition).includes(`{"Ref":"${topic?.id}"}`))
      const [policy] = ofType('AWS::SNS::TopicPolicy')
      const publish = (policy?.PolicyDocument as { Statement: Properties[] } | undefined)?.Statement.find(
        ({ Principal }) => text(Principal).includes('aps.amazonaws.com'),
      )
      assert.deepEqual(publish?.Action, ['sns:Publish', 'sns:GetTopicAttributes'])
    })

    it('raise an alarm when a collector does not answer, ends or drops samples, and when none arrive or no alert leaves', () => {
      const alarms = ofType('AWS::CloudWatch::Alarm').filter((alarm) => /metrics|collector/.test(text(alarm)))
      const seen = alarms.map(({ MetricName, Dimensions }) => {
        const of = (Dimensions as { Name: string; Value: unknown }[]).find(({ Name }) => Name === 'ServiceName')
        return of ? `${MetricName} of ${of.Value}` : MetricName
      })
      assert.deepEqual(seen.sort(), [
        'AlertManagerNotificationsFailed',
        'ResourceCount',
        'UnHealthyContainerHealthStatus of admin',
        'UnHealthyContainerHealthStatus of api',
        'UnHealthyContainerHealthStatus of worker',
        'collector-drops-metrics',
      ])
      const [filter, ...others] = ofType('AWS::Logs::MetricFilter').filter((one) => text(one).includes('collector'))
      assert.deepEqual([filter?.FilterPattern, others], ['{ $.level = "error" }', []])
      const news = ofType('AWS::Events::Rule').map(({ Name }) => Name)
      assert.ok(news.includes(`fincore-${name}-container-stopped`))
    })
  })
}

describe('the settings of a collector', () => {
  const url = 'https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write'
  const written = collectorConfig('worker', environments.production.region, url)
  const config = JSON.parse(written)
  const [job] = config.receivers.prometheus.config.scrape_configs

  it('fit in a parameter of the store', () => {
    assert.ok(Buffer.byteLength(written) < 4096 - 200, `${Buffer.byteLength(written)} bytes`)
  })

  it('read the program beside it, receive nothing from anybody, and open a port on loopback alone', () => {
    assert.deepEqual(Object.keys(config.receivers), ['prometheus'])
    assert.deepEqual(job.static_configs, [{ targets: ['127.0.0.1:4004'] }])
    assert.deepEqual(
      Object.values<Properties>(config.extensions).flatMap(({ endpoint }) => endpoint ?? []),
      ['127.0.0.1:13133'],
    )
    assert.deepEqual(Object.keys(config.exporters), ['prometheusremotewrite'])
  })

  it('name each task’s series by service and task, since all tasks have the same address for themselves', () => {
    assert.equal(
      instanceOf('http://169.254.170.2/v4/cd189a933e5849daa93386466019ab50-2495160603'),
      'worker/cd189a933e5849daa93386466019ab50',
    )
    // What has another form stays whole, so that no two tasks write one series.
    assert.equal(instanceOf('http://169.254.170.2/v5/other'), 'http://169.254.170.2/v5/other')
  })

  /** What Prometheus makes of the rules: each takes the labels that it names, and changes one when its pattern is met. */
  function instanceOf(address: string): string {
    const labels: Record<string, string> = { instance: '127.0.0.1:4004' }
    for (const { source_labels = [], regex = '(.*)', target_label, replacement } of job.relabel_configs) {
      const source = source_labels.map((label: string) => labels[label] ?? '').join(';')
      const met = new RegExp(`^(?:${regex})$`).exec(source)
      const expanded = replacement.replace(taskAddress, address).replaceAll('$$', '$')
      if (met) labels[target_label] = expanded.replace('$1', met[1] ?? '')
    }
    return labels.instance ?? ''
  }
})
