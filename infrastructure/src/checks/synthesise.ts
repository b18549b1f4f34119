import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App, Stack } from 'aws-cdk-lib/core'
import { buildEnvironment, createApp } from '../build-environment.ts'
import { type Environment, type EnvironmentName, environments } from '../environments.ts'
import type { Template, Templates } from './template.ts'

/** An environment's app, with its templates by the last word of their stack's name. */
export type Synthesised = { app: App; stacks: Stack[]; templates: Templates }

const synthesised = new Map<EnvironmentName, Synthesised>()

/** Synthesises an environment in this process, once: no account, no look-up, no network. */
export function synthesise(name: EnvironmentName): Synthesised {
  const known = synthesised.get(name)
  if (known) return known
  const made = synthesiseAnew(environments[name])
  synthesised.set(name, made)
  return made
}

function synthesiseAnew(environment: Environment): Synthesised {
  const outdir = mkdtempSync(join(tmpdir(), 'fincore-synth-'))
  try {
    const app = createApp(outdir, { againstSchemas: false })
    const stacks = buildEnvironment(app, environment, { 'payment-service': '0.0.0', 'card-relay': '0.0.0' })
    const assembly = app.synth()
    const templates = Object.fromEntries(
      assembly.stacks.map(({ stackName, template }) => [
        stackName.split('-').at(-1) ?? stackName,
        template as Template,
      ]),
    )
    return { app, stacks, templates }
  } finally {
    rmSync(outdir, { recursive: true })
  }
}
