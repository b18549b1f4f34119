import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runDemo } from '@fincore/dev/demo-run'
import { startFinCore } from '@fincore/dev/fincore'
import { pathInRepository } from '@fincore/dev/managed-process'
import { assembleImage, type Install, imageNames } from './assemble/assemble-image.ts'
import { startFromImage } from './assemble/start-from-image.ts'

export type ImageDemo = {
  /** Where the images' root file systems are made, each in a folder of its name. */
  folder: string
  install: Install
  databaseUrl?: string
  onStep?(line: string): void
}

/**
 * Assembles both images, starts FinCore with its two services from them and all around them from the source, and does
 * what `npm run demo` does.
 * @returns how many of the demo's flows differ from what the PSP's bank did.
 */
export async function demoFromImages({ folder, install, databaseUrl, onStep }: ImageDemo): Promise<number> {
  const images = Object.fromEntries(
    imageNames.map((name) => {
      const into = join(folder, name)
      const tell = (line: string) => onStep?.(`${name}: ${line}`)
      mkdirSync(into, { recursive: true })
      return [name, assembleImage({ name, repository: pathInRepository(''), into, install, onStep: tell })]
    }),
  )
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-images-'))
  const fincore = await startFinCore({
    dataDir,
    ports: 'free',
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(onStep === undefined ? {} : { onProgress: onStep }),
    changePlan(name, plan) {
      const image = images[name]
      return image === undefined ? plan : startFromImage(image, plan)
    },
  })
  try {
    return await runDemo(fincore)
  } finally {
    await fincore.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
