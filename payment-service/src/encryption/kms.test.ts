import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { checkDatabase } from '../start-checks.ts'
import { StartError } from '../start-error.ts'
import { rewrapKeys } from './rewrap.ts'
import { kmsCredentials, kmsKeyId, startKmsStandIn } from './testing/kms-stand-in.ts'
import { createSealedWorld, newKey } from './testing/sealed-world.ts'

let kms: Awaited<ReturnType<typeof startKmsStandIn>>
let settings: { ENCRYPTION_KMS_KEY_ID: string; AWS_REGION: string; AWS_ENDPOINT_URL_KMS: string }
before(async () => {
  kms = await startKmsStandIn()
  settings = { ENCRYPTION_KMS_KEY_ID: kmsKeyId, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_KMS: kms.url }
  // The SDK finds them where a task of AWS, or whoever runs it elsewhere, has them.
  Object.assign(process.env, kmsCredentials)
})
after(() => kms.close())

const reasonOf = (error: unknown) => (error instanceof StartError ? error.reason : String(error))

test('a first start with AWS KMS alone makes the keys; several at once agree; what runs asks KMS no more', async (t) => {
  const world = await createSealedWorld(t)
  await checkDatabase(world.configOf(settings))
  const rings = await Promise.all([world.openRing(settings), world.openRing(settings)])
  await world.addMerchant(rings[0].vault)
  assert.equal(await world.openAll(rings[1].vault), 3)
  assert.equal(rings[0].vault.linkToken('session', 'ps_1'), rings[1].vault.linkToken('session', 'ps_1'))
  const uses = kms.calls.map(({ action, context }) => `${action} ${context.application} ${context.key}`)
  assert.deepEqual([...new Set(uses)].sort(), [
    'Decrypt fincore 0',
    'Decrypt fincore 1',
    'Encrypt fincore 0',
    'Encrypt fincore 1',
  ])
  const asked = kms.calls.length
  // It would say nothing now.
  kms.faults.push('silence', 'silence')
  await rings[0].refresh()
  await world.openAll(rings[0].vault)
  assert.equal(kms.calls.length, asked)
  kms.faults.length = 0
})

test('from ENCRYPTION_KEY to AWS KMS and back, by wrapping anew alone', async (t) => {
  const world = await createSealedWorld(t)
  const local = { ENCRYPTION_KEY: newKey() }
  const { vault } = await world.openRing(local)
  await world.addMerchant(vault)
  const link = vault.linkToken('session', 'ps_1')
  await world.rotate(local)
  const rewrap = (to: 'local' | 'aws-kms') =>
    rewrapKeys({ pool: world.pool, settings: world.configOf({ ...local, ...settings }), tell: () => {} }, to)
  assert.equal(await rewrap('aws-kms'), 2)
  const byKms = await world.openRing(settings)
  assert.equal(await world.openAll(byKms.vault), 3)
  assert.equal(byKms.vault.linkToken('session', 'ps_1'), link)
  await assert.rejects(world.openRing(local), (error) =>
    /wrapped by aws-kms arn:.* Set ENCRYPTION_KMS_KEY_ID/.test(reasonOf(error)),
  )
  assert.equal(await rewrap('local'), 2)
  assert.equal(await world.openAll((await world.openRing(local)).vault), 3)
})

test('secrets that ENCRYPTION_KEY sealed by itself are not left behind by a start with AWS KMS alone', async (t) => {
  const world = await createSealedWorld(t)
  const local = { ENCRYPTION_KEY: newKey() }
  await world.addMerchant((await world.openRing(local)).vault)
  await assert.rejects(
    checkDatabase(world.configOf(settings)),
    /sealed by itself.*Give it beside ENCRYPTION_KMS_KEY_ID/,
  )
  await assert.rejects(world.openRing(settings), /sealed by itself/)
  // With both, the first rotation moves them.
  assert.deepEqual(await world.rotate({ ...local, ...settings }), { number: 1, resealed: 3 })
  assert.equal(await world.openAll((await world.openRing(settings)).vault), 3)
})

test('throttling and a fault of KMS are tried again; what ends a start says why, within its time', async (t) => {
  const world = await createSealedWorld(t)
  await world.openRing(settings)
  kms.faults.push('ThrottlingException', 'KMSInternalException')
  await world.openRing(settings)
  assert.equal(kms.faults.length, 0)
  const cases: [string, RegExp][] = [
    ['AccessDeniedException', /^AWS KMS did not do it: the role may not use the key; allow it kms:Encrypt/],
    ['DisabledException', /the key is disabled; enable it/],
    ['silence', /it does not answer/],
  ]
  for (const [fault, says] of cases) {
    kms.faults.push(fault, fault)
    const begunAt = performance.now()
    await assert.rejects(checkDatabase(world.configOf(settings)), (error) => says.test(reasonOf(error)), fault)
    assert.ok(performance.now() - begunAt < 9_000)
    kms.faults.length = 0
  }
  const nowhere = { ...settings, AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:9' }
  await assert.rejects(world.openRing(nowhere), (error) => /nothing listens there/.test(reasonOf(error)))
})

test('a wrapped key opens in its own place alone, and with credentials alone', async (t) => {
  const world = await createSealedWorld(t)
  await world.openRing(settings)
  await world.pool.query('update encryption_keys set wrapped = (select wrapped from encryption_keys where number = 0)')
  await assert.rejects(world.openRing(settings), (error) =>
    /did not wrap what the database holds/.test(reasonOf(error)),
  )
  process.env.AWS_SECRET_ACCESS_KEY = 'another'
  t.after(() => void Object.assign(process.env, kmsCredentials))
  await assert.rejects(world.openRing(settings), (error) => /the credentials for AWS are wrong/.test(reasonOf(error)))
})
