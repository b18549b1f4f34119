/**
 * `npm run image:assemble -- payment-service FOLDER`: the root file system of an image, as an engine would build it from
 * the Dockerfile, in an empty folder; beside it `FOLDER.json`, how the image is started.
 */
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathInRepository } from '@fincore/dev/managed-process'
import { assembleImage, imageNames } from './assemble/assemble-image.ts'

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => lstatSync(join(folder, path)))
    .reduce((sum, { size }) => sum + size, 0)
}

const [given, folder] = process.argv.slice(2)
const name = imageNames.find((known) => known === given)
if (name === undefined || folder === undefined) {
  console.error(`Say which image, and an empty folder for it: npm run image:assemble -- ${imageNames.join('|')} FOLDER`)
  process.exitCode = 1
} else {
  try {
    const into = resolve(folder)
    const onStep = (line: string) => console.log(line.slice(0, 140))
    const { root, config } = assembleImage({ name, repository: pathInRepository(''), into, install: 'npm', onStep })
    writeFileSync(`${root}.json`, `${JSON.stringify(config, null, 2)}\n`)
    const inMegabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
    console.log(`${root}: ${inMegabytes(sizeOf(root))}, of which /app ${inMegabytes(sizeOf(join(root, 'app')))}.`)
    const packages = join(root, 'app/payment-service/dist/packages.json')
    if (name === 'payment-service')
      console.log(`Packages of others: ${(JSON.parse(readFileSync(packages, 'utf8')) as unknown[]).length}.`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
