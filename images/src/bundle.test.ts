import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { pathInRepository } from '@fincore/dev/managed-process'
import type * as KmsClient from '@fincore/payment-service/encryption/kms-client'
import { kmsCredentials, kmsKeyId, startKmsStandIn } from '@fincore/payment-service/encryption/testing/kms-stand-in'
import type * as SignToken from '@fincore/payment-service/store/sign-token'
import { bundlePaymentService } from './bundle.ts'

const folder = mkdtempSync(join(pathInRepository('payment-service'), 'dist-'))
const packages = await bundlePaymentService(folder)
after(() => rmSync(folder, { recursive: true }))

/** A piece of the bundle that is read only when it is needed. */
const importPiece = async (name: string): Promise<unknown> => {
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}-`) && one.endsWith('.js')) ?? ''
  return import(pathToFileURL(join(folder, file)).href)
}

test('the bundle signs tokens for the database and asks KMS, by the role of a task of AWS', async (t) => {
  const { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey } = kmsCredentials
  const role = { AccessKeyId, SecretAccessKey, Token: 'of-the-session' }
  const told = createServer((_, response) =>
    response.end(JSON.stringify({ ...role, Expiration: '2099-01-01T00:00:00Z' })),
  )
  await new Promise<void>((resolve) => told.listen(0, '127.0.0.1', resolve))
  const kms = await startKmsStandIn()
  t.after(async () => {
    told.close()
    await kms.close()
  })
  // As Fargate tells a task where its role's credentials are.
  process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://127.0.0.1:${(told.address() as AddressInfo).port}/`

  const { signToken } = (await importPiece('sign-token')) as typeof SignToken
  const token = await signToken({ hostname: 'db.example', port: 5432, username: 'fincore_app', region: 'eu-central-1' })
  assert.match(token, /^db\.example:5432\/\?Action=connect&DBUser=fincore_app&.*X-Amz-Security-Token=of-the-session/)

  const { decrypt, encrypt } = (await importPiece('kms-client')) as typeof KmsClient
  const config = { region: 'eu-central-1', endpoint: kms.url }
  const context = { KeyId: kmsKeyId, EncryptionContext: { application: 'fincore', key: '1' } }
  const signal = AbortSignal.timeout(10_000)
  const { CiphertextBlob } = await encrypt(config, { ...context, Plaintext: Buffer.from('a data key') }, signal)
  const { Plaintext } = await decrypt(config, { ...context, CiphertextBlob }, signal)
  assert.equal(Buffer.from(Plaintext ?? []).toString(), 'a data key')
})

test('the bundle holds packages of the lock file alone, and tells of an error where it is in the source', async () => {
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
