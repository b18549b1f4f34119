/**
 * The app for the CDK's command line, and for a look at its templates: `npm run infra:synth -- --environment sandbox`.
 */
import { parseArgs } from 'node:util'
import { buildEnvironment, createApp } from './build-environment.ts'
import { judge } from './checks/nag.ts'
import { type EnvironmentName, environmentNames, environments } from './environments.ts'

const { values } = parseArgs({
  options: {
    environment: { type: 'string' },
    release: { type: 'string' },
    // The card relay's, where it is not the same: on the way back to an earlier release it goes first.
    'relay-release': { type: 'string' },
    out: { type: 'string' },
  },
})
const name = environmentNames.find((one): one is EnvironmentName => one === values.environment)
if (!name) {
  console.error(`--environment must be one of ${environmentNames.join(', ')}.`)
  process.exit(1)
}
// The command line says by CDK_OUTDIR where it wants the templates.
const outdir = process.env.CDK_OUTDIR ?? values.out ?? 'cdk.out'
const app = createApp(outdir, { againstSchemas: true })
const release = values.release ?? 'unreleased'
buildEnvironment(app, environments[name], {
  'payment-service': release,
  'card-relay': values['relay-release'] ?? release,
})
const { violations } = judge(app)
for (const violation of violations) console.error(violation)
if (violations.length > 0) process.exit(1)
app.synth()
