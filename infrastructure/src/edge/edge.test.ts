import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { synthesise } from '../checks/synthesise.ts'
import { environmentNames } from '../environments.ts'
import { readModel } from '../segmentation/model.ts'

type Properties = Record<string, unknown>

for (const name of environmentNames) {
  const model = readModel(synthesise(name).templates)
  const all = (type: string) => model.ofType(type).map(({ properties }) => properties)
  const acl = (door: string) => all('AWS::WAFv2::WebACL').find(({ Name }) => String(Name).endsWith(`-${door}`)) ?? {}

  describe(`the edge of ${name}`, () => {
    it('listens at 443 alone, over TLS 1.2 and 1.3', () => {
      const listeners = all('AWS::ElasticLoadBalancingV2::Listener')
      assert.equal(listeners.length, 3)
      for (const { Port, Protocol, SslPolicy } of listeners) {
        assert.deepEqual(
          { Port, Protocol, SslPolicy },
          { Port: 443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06' },
        )
      }
    })

    it('asks for a certificate of the trust store before the card relay, and speaks TLS behind it', () => {
      const balancer = model
        .ofType('AWS::ElasticLoadBalancingV2::LoadBalancer')
        .find(({ properties }) => String(properties.Name).endsWith('-cards'))
      const listener = all('AWS::ElasticLoadBalancingV2::Listener').find((one) => one.LoadBalancerArn === balancer?.id)
      const mutual = listener?.MutualAuthentication as Properties
      assert.equal(mutual.Mode, 'verify')
      assert.equal(mutual.IgnoreClientCertificateExpiry, false)
      assert.equal(model.ofType('AWS::ElasticLoadBalancingV2::TrustStore')[0]?.id, mutual.TrustStoreArn)
      const targets = all('AWS::ElasticLoadBalancingV2::TargetGroup').find(({ Name }) =>
        String(Name).endsWith('-cards'),
      )
      assert.equal(targets?.Protocol, 'HTTPS')
    })

    it('lets nothing but POST /v1/charges through to the card relay, and reads no body there', () => {
      const { DefaultAction, Rules } = acl('cards') as { DefaultAction: Properties; Rules: Properties[] }
      assert.deepEqual(DefaultAction, { Block: {} })
      const allowing = Rules.filter(({ Action }) => 'Allow' in ((Action as object | undefined) ?? {}))
      const matches = JSON.stringify(allowing.map(({ Statement }) => Statement))
      assert.equal(allowing.length, 1)
      assert.deepEqual(
        [...matches.matchAll(/"SearchString":"([^"]+)"/g)].map(([, text]) => text),
        ['POST', '/v1/charges'],
      )
      assert.equal(matches.match(/"PositionalConstraint":"EXACTLY"/g)?.length, 2)
      const managed = [...JSON.stringify(Rules).matchAll(/"Name":"(AWSManaged\w+)"/g)].map(([, set]) => set)
      assert.deepEqual(managed, ['AWSManagedRulesAmazonIpReputationList'], 'a set that reads addresses alone')
      assert.doesNotMatch(JSON.stringify(Rules), /"(Body|JsonBody)"/)
    })

    it('drops an idle connection to a program before the program does, which would be a 502', () => {
      const timeouts = all('AWS::ElasticLoadBalancingV2::LoadBalancer').map(({ LoadBalancerAttributes }) =>
        Number(
          (LoadBalancerAttributes as { Key: string; Value: string }[]).find(
            ({ Key }) => Key === 'idle_timeout.timeout_seconds',
          )?.Value,
        ),
      )
      const kept = [
        ['card-relay/src/limits.ts', /keepAliveTimeout: ([\d_]+)/],
        ['payment-service/src/server/server.ts', /keepAliveMs: ([\d_]+)/],
      ] as const
      for (const [file, pattern] of kept) {
        const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8').match(pattern)?.[1]
        const seconds = Number(text?.replaceAll('_', '')) / 1_000
        assert.ok(timeouts.length === 3 && timeouts.every((timeout) => timeout < seconds), `${file}: ${seconds}`)
      }
    })

    it('notices that a task is ending before the task takes nothing more', () => {
      const drain = model
        .ofType('AWS::SSM::Parameter')
        .filter(({ properties }) => String(properties.Name).endsWith('/DRAIN_MS'))
      const groups = all('AWS::ElasticLoadBalancingV2::TargetGroup')
      assert.ok(drain.length >= 3 && groups.length === 3)
      for (const { HealthCheckIntervalSeconds, UnhealthyThresholdCount } of groups) {
        const noticed = (Number(HealthCheckIntervalSeconds) * Number(UnhealthyThresholdCount) + 1) * 1_000
        assert.ok(
          drain.every(({ properties }) => Number(properties.Value) >= noticed),
          `${noticed} ms`,
        )
      }
    })

    it('blocks by every set of rules, but for those that honest requests meet', () => {
      for (const door of ['api', 'cards', 'admin']) {
        for (const { Name, OverrideAction, Action } of acl(door).Rules as Properties[]) {
          const acts = JSON.stringify(OverrideAction ?? Action)
          assert.ok(['{"None":{}}', '{"Block":{}}', '{"Allow":{}}'].includes(acts), `${door}: ${Name} ${acts}`)
        }
      }
    })

    it('counts a shopper’s link however its path is written, as the service reads it', () => {
      const limit = (acl('api').Rules as Properties[]).find(({ Name }) => Name === 'rate-of-links')
      const text = JSON.stringify(limit?.Statement)
      assert.match(text, /"SearchString":"\/s\/"/)
      assert.match(text, /"TextTransformations":\[\{"Priority":0,"Type":"URL_DECODE"\}\]/)
    })

    it('logs no body, no query, no path and no header that is a secret, and keeps no samples', () => {
      for (const list of all('AWS::WAFv2::WebACL')) {
        assert.doesNotMatch(JSON.stringify(list), /"SampledRequestsEnabled":true/)
        const { DataProtections } = list.DataProtectionConfig as { DataProtections: Properties[] }
        const fields = DataProtections.map(({ Field }) => (Field as { FieldType: string }).FieldType)
        assert.deepEqual(fields, ['BODY', 'QUERY_STRING', 'SINGLE_HEADER'])
      }
      for (const { RedactedFields } of all('AWS::WAFv2::LoggingConfiguration')) {
        const text = JSON.stringify(RedactedFields)
        for (const field of ['UriPath', 'QueryString', 'authorization', 'cookie', 'referer'])
          assert.match(text, new RegExp(field))
      }
    })
  })
}
