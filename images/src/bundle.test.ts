import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { pathInRepository } from '@fincore/dev/managed-process'
import { bundlePaymentService } from './bundle.ts'

test('the bundle holds packages of the lock file alone, and tells of an error where it is in the source', async (t) => {
  const folder = mkdtempSync(join(pathInRepository('payment-service'), 'dist-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const packages = await bundlePaymentService(folder)

  const lock = JSON.parse(readFileSync(pathInRepository('package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; dev?: boolean }>
  }
  const locked = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true)
  const known = new Set(locked.map(([place, { version }]) => `${place.replace(/^.*node_modules\//, '')}@${version}`))
  assert.ok(packages.length > 50)
  assert.deepEqual(
    packages.filter(({ name, version }) => !known.has(`${name}@${version}`)),
    [],
  )
  const bom = JSON.parse(readFileSync(join(folder, 'bom.json'), 'utf8')) as { components: { purl: string }[] }
  assert.equal(bom.components.length, packages.length)
  assert.ok(bom.components.some(({ purl }) => /^pkg:npm\/%40fastify\/ajv-compiler@\d/.test(purl)))

  const file = readdirSync(folder).find(
    (name) => name.endsWith('.js') && /^function describeError\(/m.test(readFileSync(join(folder, name), 'utf8')),
  )
  assert.ok(file, 'no piece has the description of errors')
  type Log = { describeError(error: unknown): { at: string }; createLog(level: string): unknown }
  const { createLog, describeError } = (await import(pathToFileURL(join(folder, file)).href)) as Log
  const source = readFileSync(pathInRepository('payment-service/src/log.ts'), 'utf8').split('\n')
  const line = source.findIndex((text) => text.includes('pino({ level')) + 1
  assert.ok(line > 0)
  try {
    createLog('no level')
    assert.fail('it took a level that is none')
  } catch (error) {
    assert.equal(describeError(error).at, `src/log.ts:${line}`)
  }
})
