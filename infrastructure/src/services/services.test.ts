import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { synthesise } from '../checks/synthesise.ts'
import { environmentNames, environments } from '../environments.ts'
import { readModel } from '../segmentation/model.ts'
import { servicesTable } from './services-table.ts'

type Properties = Record<string, unknown>
type Container = {
  Name: string
  User: string
  Privileged: boolean
  ReadonlyRootFilesystem: boolean
  LinuxParameters: Properties
  StopTimeout: number
  Secrets: { Name: string; ValueFrom: string }[]
  Environment?: unknown
}

for (const name of environmentNames) {
  const model = readModel(synthesise(name).templates)
  const tasks = model.ofType('AWS::ECS::TaskDefinition').map(({ properties }) => {
    const [container, ...beside] = properties.ContainerDefinitions as [Container, ...Container[]]
    return { properties, container, beside }
  })
  const task = (program: string) => tasks.find(({ container }) => container.Name === program)

  describe(`the tasks of ${name}`, () => {
    it('are not root, write nothing, have no capability and end in their own time', () => {
      assert.ok(tasks.length >= 5)
      for (const { container, beside } of tasks) {
        for (const one of [container, ...beside]) {
          const { User, Privileged, ReadonlyRootFilesystem, LinuxParameters } = one
          assert.equal(User, '65532:65532')
          assert.equal(Privileged, false)
          assert.equal(ReadonlyRootFilesystem, true)
          assert.deepEqual(LinuxParameters, { InitProcessEnabled: true, Capabilities: { Drop: ['ALL'] } })
        }
        assert.ok(container.StopTimeout > 30)
      }
    })

    it('ask whether they live by a program of their image, and run as its user', () => {
      for (const [service, { image, alive }] of Object.entries(servicesTable)) {
        const dockerfile = readFileSync(new URL(`../../../images/${image}.Dockerfile`, import.meta.url), 'utf8')
        assert.ok(dockerfile.includes(`CMD ["node", "${alive}"]`), `${service}: ${alive}`)
        assert.ok(dockerfile.includes(`USER ${task(service)?.container.User}`))
      }
    })

    it('are entered by nobody, replaced before they end, and rolled back when they do not come up', () => {
      for (const { properties } of model.ofType('AWS::ECS::Service')) {
        assert.equal(properties.EnableExecuteCommand, false)
        assert.deepEqual(properties.DeploymentConfiguration, {
          MinimumHealthyPercent: 100,
          MaximumPercent: 200,
          DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        })
      }
    })

    it('give the card relay no login of AWS and no secret but its own', () => {
      const relay = task('relay')
      assert.equal(relay?.properties.TaskRoleArn, undefined)
      assert.deepEqual(relay?.beside, [])
      const settings = relay?.container.Secrets.map((one) => one.Name) ?? []
      assert.ok(settings.length > 0 && settings.every((setting) => setting.startsWith('RELAY_')), settings.join())
    })

    it('let the card relay send to the same hosts as the firewall', () => {
      const origins = model
        .ofType('AWS::SSM::Parameter')
        .find(({ properties }) => String(properties.Name).endsWith('/RELAY_PSP_ORIGINS'))
      assert.equal(origins?.properties.Value, environments[name].pspHosts.map((host) => `https://${host}`).join(','))
    })

    it('speak TLS from the card relay to the internal listener', () => {
      const api = model.ofType('AWS::ECS::Service').find(({ properties }) => properties.ServiceName === 'api')
      const connect = api?.properties.ServiceConnectConfiguration as {
        Services: { Tls?: Properties; ClientAliases: Properties[] }[]
      }
      const [offered] = connect.Services
      assert.deepEqual(offered?.ClientAliases, [{ DnsName: 'payment-service', Port: 4003 }])
      assert.match(JSON.stringify(offered?.Tls), /AwsPcaAuthorityArn/)
    })

    it('start the card relay after the API, since a task learns no name that Service Connect got later', () => {
      const resources = Object.entries(synthesise(name).templates.service?.Resources ?? {})
      const service = (called: string) =>
        resources.find(([, { Type, Properties }]) => Type === 'AWS::ECS::Service' && Properties?.ServiceName === called)
      const [relay, api] = [service('relay')?.[1] as { DependsOn?: string[] } | undefined, service('api')?.[0]]
      assert.ok(api && relay?.DependsOn?.includes(api), `${api} in ${relay?.DependsOn}`)
    })

    it('keep the revision before, to which a runbook goes back', () => {
      const all = Object.values(synthesise(name).templates).flatMap(({ Resources }) => Object.values(Resources))
      const kept = all.filter(({ Type }) => Type === 'AWS::ECS::TaskDefinition')
      assert.ok(kept.length >= 6)
      for (const one of kept) assert.equal((one as { UpdateReplacePolicy?: string }).UpdateReplacePolicy, 'Retain')
    })

    it('give operators a task for commands of `fincore` that need what a worker has', () => {
      const [worker, command] = [task('worker'), task('command')]
      const names = (one: typeof worker) => one?.container.Secrets.map(({ Name }) => Name).sort()
      assert.deepEqual(names(command), names(worker))
      // A command has no collector beside it.
      const mayDo = (program: string) =>
        model
          .ofType('AWS::IAM::ManagedPolicy')
          .filter(({ id }) => id.includes(`Role${program}task`))
          .flatMap(({ properties }) => (properties.PolicyDocument as { Statement: Properties[] }).Statement)
          .filter(({ Sid }) => Sid !== 'WriteMetrics')
      assert.equal(mayDo('worker').length, 2)
      assert.deepEqual(mayDo('command'), mayDo('worker'))
    })
  })
}
