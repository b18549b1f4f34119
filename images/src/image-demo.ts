/** `npm run image:demo`: both images assembled as an engine would build them, and the demo on the services in them. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathInRepository } from '@fincore/dev/managed-process'
import { demoFromImages } from './demo-from-images.ts'

// On the repository's disk, where copies cost nothing.
const cache = pathInRepository('node_modules/.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'images-'))
try {
  const failed = await demoFromImages({ folder, install: 'npm', onStep: (line) => console.log(line.slice(0, 140)) })
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
