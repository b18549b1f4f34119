import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runDemo } from '@fincore/dev/demo-run'
import { startFinCore } from '@fincore/dev/fincore'
import { pathInRepository } from '@fincore/dev/managed-process'
import {
  type AssembledImage,
  assembleImage,
  type ImageName,
  type Install,
  imageNames,
} from './assemble/assemble-image.ts'
import { runInImage, type Start, startFromImage } from './assemble/start-from-image.ts'

export type ImageDemo = {
  /** Where the images' root file systems are made, each in a folder of its name. */
  folder: string
  install: Install
  databaseUrl?: string
  onStep?(line: string): void
}

/**
 * Assembles both images, migrates a database and starts FinCore's two services from them, with all around them from the
 * source, and does what `npm run demo` does. The images' own health checks must find both services well.
 * @returns how many of the demo's flows differ from what the PSP's bank did.
 * @throws Error when something of an image does not work.
 */
export async function demoFromImages({ folder, install, databaseUrl, onStep }: ImageDemo): Promise<number> {
  const assemble = (name: ImageName): AssembledImage => {
    const into = join(folder, name)
    mkdirSync(into, { recursive: true })
    const tell = (line: string) => onStep?.(`${name}: ${line}`)
    return assembleImage({ name, repository: pathInRepository(''), into, install, onStep: tell })
  }
  const images = new Map<string, AssembledImage>(imageNames.map((name) => [name, assemble(name)]))
  const healthChecks: [string, Start][] = []
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-images-'))
  const fincore = await startFinCore({
    dataDir,
    ports: 'free',
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(onStep === undefined ? {} : { onProgress: onStep }),
    changePlan(name, plan) {
      const image = images.get(name)
      if (image === undefined) return plan
      const { MIGRATIONS_DATABASE_URL: ownerUrl, ...env } = plan.env
      if (ownerUrl !== undefined) {
        const said = run(runInImage(image, { MIGRATIONS_DATABASE_URL: ownerUrl }, ['fincore', 'migrate']))
        onStep?.(`${name}: fincore migrate: ${said.trim()}`)
      }
      healthChecks.push([name, runInImage(image, env, image.config.healthCheck)])
      return startFromImage(image, { ...plan, env })
    },
  })
  try {
    for (const [name, check] of healthChecks) {
      if (!succeeds(check)) throw new Error(`${name}: its health check does not find it well`)
      onStep?.(`${name}: its health check finds it well`)
    }
    return await runDemo(fincore)
  } finally {
    await fincore.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function succeeds({ command: [program = '', ...rest], env }: Start): boolean {
  return spawnSync(program, rest, { env: { PATH: process.env.PATH, ...env } }).status === 0
}

function run({ command: [program = '', ...rest], env }: Start): string {
  return execFileSync(program, rest, { encoding: 'utf8', env: { PATH: process.env.PATH, ...env } })
}
