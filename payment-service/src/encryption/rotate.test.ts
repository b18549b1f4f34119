import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { runEvery } from '../jobs/run-every.ts'
import { createLog } from '../log.ts'
import { recordsNothing } from '../observability/metrics.ts'
import { createVault } from '../secrets.ts'
import { StartError } from '../start-error.ts'
import { readEncryptionKeys } from '../store/encryption-keys.ts'
import { countByKey } from '../store/stored-secrets.ts'
import { rewrapKeys } from './rewrap.ts'
import { createSealedWorld, newKey } from './testing/sealed-world.ts'

test('without data keys ENCRYPTION_KEY seals as ever, and a rotation moves all to a data key; links stay', async (t) => {
  const world = await createSealedWorld(t)
  const env = { ENCRYPTION_KEY: newKey() }
  // A version before data keys, which may run beside this one until the first rotation.
  const old = createVault(Buffer.from(env.ENCRYPTION_KEY, 'base64'))
  const running = await world.openRing(env)
  const first = await world.addMerchant(running.vault)
  await world.addMerchant(old)
  await world.addMerchant(old)
  assert.equal(await world.openAll(old), 9)
  const rounds = runEvery(20, 'encryption keys', running.refresh, { log: createLog('silent'), metrics: recordsNothing })
  assert.deepEqual(await world.rotate(env, { rowsAtOnce: 2 }), { number: 1, resealed: 9 })
  assert.deepEqual(await countByKey(world.pool), new Map([[1, 9]]))
  const { vault } = await world.openRing(env)
  for (const reader of [running.vault, vault]) {
    assert.equal(await world.openAll(reader), 9)
    assert.equal(reader.linkToken('session', 'ps_1'), old.linkToken('session', 'ps_1'))
    assert.equal(reader.pseudonym('192.0.2.1', first.merchant), old.pseudonym('192.0.2.1', first.merchant))
    // What a backup brings back from before.
    assert.equal(reader.open(old.seal('text', 'row'), 'row'), 'text')
    assert.equal(vault.open(reader.seal('text', 'row'), 'row'), 'text')
    assert.throws(() => vault.open(reader.seal('text', 'row'), 'another row'))
  }
  assert.deepEqual(await world.rotate(env), { number: 2, resealed: 9 })
  assert.equal(await world.openAll(running.vault), 9)
  assert.match(world.lines.join(' '), /1 of 1 processes know the new key.* Key 2 seals from now on; key 1 only opens/)
  await rounds.stop()
})

test('a rotation that was cut off is taken up where it was, with the same key', async (t) => {
  const world = await createSealedWorld(t)
  const env = { ENCRYPTION_KEY: newKey() }
  const { vault } = await world.openRing(env)
  for (let count = 0; count < 4; count++) await world.addMerchant(vault)
  const cut = new AbortController()
  world.lines.push = (...lines) => {
    if (lines.some((line) => /^2 secrets are sealed/.test(line))) cut.abort(new Error('cut off'))
    return 0
  }
  await assert.rejects(world.rotate(env, { rowsAtOnce: 2, signal: cut.signal }), /cut off/)
  assert.deepEqual(
    await countByKey(world.pool),
    new Map([
      [0, 10],
      [1, 2],
    ]),
  )
  const between = await world.openRing(env)
  assert.equal(await world.openAll(between.vault), 12)
  assert.deepEqual(await world.rotate(env), { number: 1, resealed: 10 })
  assert.equal(await world.openAll((await world.openRing(env)).vault), 12)
})

test('no process is left behind: of a version before data keys, or with settings that do not unwrap the new key', async (t) => {
  const world = await createSealedWorld(t)
  const env = { ENCRYPTION_KEY: newKey() }
  const { vault } = await world.openRing(env)
  await world.addMerchant(vault)
  const older = new pg.Client({ connectionString: world.database.appUrl, application_name: 'fincore listener' })
  await older.connect()
  await assert.rejects(world.rotate(env, { patienceMs: 1 }), /1 of the processes .* a version before data keys/)
  await older.end()
  assert.deepEqual(await countByKey(world.pool), new Map([[0, 3]]))
  // It works for itself, but has not heard of the key by which the command wraps.
  const behind = await world.openRing(env)
  await behind.refresh()
  await world.pool.query(`delete from encryption_key_holders`)
  await world.pool.query(
    `insert into encryption_key_holders (id, name, numbers, unwraps) values (gen_random_uuid(), 'host 42', '{}', '{}')`,
  )
  await assert.rejects(world.rotate(env, { patienceMs: 1 }), /Not every process can go on: host 42/)
  assert.deepEqual(await countByKey(world.pool), new Map([[0, 3]]))
  // One that has not been seen for long has ended.
  await world.pool.query(`update encryption_key_holders set seen_at = now() - interval '31 seconds'`)
  assert.deepEqual(await world.rotate(env), { number: 1, resealed: 3 })
})

test('a process that meets a key that it has not heard of asks for it, and a reader loses nothing', async (t) => {
  const world = await createSealedWorld(t)
  const env = { ENCRYPTION_KEY: newKey() }
  const deaf = await world.openRing(env)
  const { account } = await world.addMerchant(deaf.vault)
  await world.rotate(env)
  const { rows } = await world.pool.query('select credentials from psp_accounts where id = $1', [account])
  const [sealed] = rows.map(({ credentials }) => credentials)
  assert.throws(() => deaf.vault.open(sealed, account), /data key 1, which is not known/)
  await deaf.vault.learnKeysOf(sealed)
  assert.match(deaf.vault.open(sealed, account), /secret_key/)
})

test('ENCRYPTION_KEY is replaced without sealing anew: both for a while, re-wrap, then the new one alone', async (t) => {
  const world = await createSealedWorld(t)
  const [before, after] = [newKey(), newKey()]
  const both = { ENCRYPTION_KEY: after, PREVIOUS_ENCRYPTION_KEY: before }
  const running = await world.openRing({ ENCRYPTION_KEY: before })
  await world.addMerchant(running.vault)
  const link = running.vault.linkToken('return', 'ch_1')
  await world.rotate({ ENCRYPTION_KEY: before })
  await running.refresh()
  const rewrap = () =>
    rewrapKeys({ pool: world.pool, settings: world.configOf(both), tell: (line) => void world.lines.push(line) }, null)
  await assert.rejects(rewrap(), /do not have local [0-9a-f]{16} in their settings/)
  await running.close()
  const prepared = await world.openRing(both)
  await prepared.refresh()
  await assert.rejects(world.rotate(both), /wrapped by a key that is being replaced/)
  assert.equal(await rewrap(), 2)
  assert.equal(await rewrap(), 0)
  const alone = await world.openRing({ ENCRYPTION_KEY: after })
  assert.equal(await world.openAll(alone.vault), 3)
  assert.equal(alone.vault.linkToken('return', 'ch_1'), link)
  await assert.rejects(world.openRing({ ENCRYPTION_KEY: before }), (error) => {
    assert.ok(error instanceof StartError)
    assert.match(error.reason, /ENCRYPTION_KEY does not open what the database holds.*PREVIOUS_ENCRYPTION_KEY/)
    return true
  })
})

test('a changed ENCRYPTION_KEY before the first rotation: the one before seals until then, and is the seed after it', async (t) => {
  const world = await createSealedWorld(t)
  const [before, after] = [newKey(), newKey()]
  const old = createVault(Buffer.from(before, 'base64'))
  await world.addMerchant(old)
  const both = { ENCRYPTION_KEY: after, PREVIOUS_ENCRYPTION_KEY: before }
  const running = await world.openRing(both)
  assert.equal(old.open(running.vault.seal('text', 'row'), 'row'), 'text')
  await world.rotate(both)
  const { vault } = await world.openRing({ ENCRYPTION_KEY: after })
  assert.equal(await world.openAll(vault), 3)
  assert.equal(vault.linkToken('session', 'ps_1'), old.linkToken('session', 'ps_1'))
})

test('a retired key that seals nothing any more is destroyed a day later', async (t) => {
  const world = await createSealedWorld(t)
  const env = { ENCRYPTION_KEY: newKey() }
  await world.rotate(env)
  await world.rotate(env)
  const states = async () => (await readEncryptionKeys(world.pool)).map(({ state }) => state)
  assert.deepEqual(await states(), ['seed', 'retired', 'active'])
  await world.pool.query(`update encryption_keys set retired_at = now() - interval '25 hours' where state = 'retired'`)
  await world.rotate(env)
  assert.deepEqual(await states(), ['seed', 'destroyed', 'retired', 'active'])
})

test('a changed wrapped key, or one in the place of another, is refused', async (t) => {
  const world = await createSealedWorld(t)
  const env = { ENCRYPTION_KEY: newKey() }
  await world.rotate(env)
  await world.pool.query(
    `update encryption_keys set wrapped = (select wrapped from encryption_keys where number = 0) where number = 1`,
  )
  await assert.rejects(world.openRing(env), /stored key 1 was changed/)
})
