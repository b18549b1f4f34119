import { App, Stack, Validations } from 'aws-cdk-lib/core'
import { createKeys } from './data/keys.ts'
import { createSecrets } from './data/secrets.ts'
import { createAccessLogBucket } from './edge/access-log-bucket.ts'
import { createEdge } from './edge/load-balancers.ts'
import type { Environment } from './environments.ts'
import { createNetwork } from './network/network.ts'
import { createCluster } from './services/cluster.ts'

/** An app whose templates are checked against the schemas of CloudFormation as they are made; a finding ends it. */
export function createApp(outdir: string): App {
  const app = new App({
    outdir,
    analyticsReporting: false,
    context: { '@aws-cdk/core:validateAgainstDefaultRules': true },
  })
  Validations.of(app).acknowledge({
    id: 'CloudFormation-Validate::W3010',
    reason: 'Zones are named, so that the templates are complete without asking an account.',
  })
  return app
}

/** The stacks of one environment, in the order in which they are deployed. */
export function buildEnvironment(app: App, environment: Environment): Stack[] {
  const stack = (part: string) =>
    new Stack(app, `fincore-${environment.name}-${part}`, {
      env: { account: environment.account, region: environment.region },
      terminationProtection: true,
      analyticsReporting: false,
      tags: { application: 'fincore', environment: environment.name },
    })

  const foundation = stack('foundation')
  const keys = createKeys(foundation)
  const accessLogs = createAccessLogBucket(foundation, environment)
  const network = createNetwork(foundation, environment, keys)

  const data = stack('data')
  createSecrets(data, keys)

  const service = stack('service')
  service.addStackDependency(data)
  createCluster(service)
  createEdge(service, environment, { network, keys, accessLogBucket: accessLogs.name })
  return [foundation, data, service]
}
