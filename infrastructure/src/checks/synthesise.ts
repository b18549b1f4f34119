import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App, Stack } from 'aws-cdk-lib/core'
import { buildEnvironment, createApp } from '../build-environment.ts'
import type { Environment } from '../environments.ts'
import type { Template } from './template.ts'

/** An environment's app, with its templates by the last word of their stack's name. */
export type Synthesised = { app: App; stacks: Stack[]; templates: Record<string, Template> }

/** Synthesises an environment in this process: no account, no look-up, no network. */
export function synthesise(environment: Environment): Synthesised {
  const outdir = mkdtempSync(join(tmpdir(), 'fincore-synth-'))
  try {
    const app = createApp(outdir)
    const stacks = buildEnvironment(app, environment, '0.0.0')
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
