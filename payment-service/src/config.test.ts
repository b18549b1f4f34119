import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'

const env = {
  DATABASE_URL: 'postgres://nowhere',
  ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
  INTERNAL_TOKEN: 'i'.repeat(32),
  PUBLIC_URL: 'http://127.0.0.1:4000',
  RELAY_URL: 'https://127.0.0.1:4001',
}

test('no proxy is trusted unless TRUSTED_PROXIES names its network', () => {
  assert.deepEqual(loadConfig(env).trustedProxies, [])
  assert.deepEqual(loadConfig({ ...env, TRUSTED_PROXIES: '' }).trustedProxies, [])
  assert.deepEqual(loadConfig({ ...env, TRUSTED_PROXIES: '10.0.0.0/16, 2001:db8::/48' }).trustedProxies, [
    '10.0.0.0/16',
    '2001:db8::/48',
  ])
})

test('nothing is traced unless TRACES_ENDPOINT says where to', () => {
  assert.deepEqual([loadConfig(env).tracesEndpoint, loadConfig(env).tracesSampleRatio], [null, 1])
  const { tracesEndpoint, tracesSampleRatio } = loadConfig({
    ...env,
    TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces',
    TRACES_SAMPLE_RATIO: '0.25',
  })
  assert.deepEqual([tracesEndpoint, tracesSampleRatio], ['http://127.0.0.1:4318/v1/traces', 0.25])
  for (const wrong of ['4318', 'grpc://collector:4317', 'http://user:secret@collector/v1/traces'])
    assert.throws(() => loadConfig({ ...env, TRACES_ENDPOINT: wrong }), /TRACES_ENDPOINT must be an address/)
  for (const wrong of ['-1', '1.1', 'all'])
    assert.throws(() => loadConfig({ ...env, TRACES_SAMPLE_RATIO: wrong }), /TRACES_SAMPLE_RATIO must be a number/)
})

for (const wrong of ['10.0.0.1', 'loopback', '10.0.0.0/33', '0.0.0.0/0', '::/0', '10.0.0.0/8;10.1.0.0/16']) {
  test(`TRUSTED_PROXIES refuses ${wrong}`, () => {
    assert.throws(() => loadConfig({ ...env, TRUSTED_PROXIES: wrong }), /TRUSTED_PROXIES must be networks/)
  })
}

test('changes are listened for where DATABASE_URL leads, unless LISTEN_DATABASE_URL says where', () => {
  assert.equal(loadConfig(env).listenDatabaseUrl, null)
  const direct = 'postgres://fincore_app@db:5432/fincore'
  assert.equal(loadConfig({ ...env, LISTEN_DATABASE_URL: direct }).listenDatabaseUrl, direct)
  assert.throws(() => loadConfig({ ...env, LISTEN_DATABASE_URL: 'db:5432' }), /LISTEN_DATABASE_URL must be written as/)
})

test('statements are prepared unless a pooler knows nothing of that', () => {
  assert.equal(loadConfig(env).preparesStatements, true)
  assert.equal(loadConfig({ ...env, DATABASE_PREPARED_STATEMENTS: 'false' }).preparesStatements, false)
  assert.throws(() => loadConfig({ ...env, DATABASE_PREPARED_STATEMENTS: 'no' }), /must be one of true, false/)
})

test('a process is not told to take longer for its end than whoever ends it waits', () => {
  assert.equal(loadConfig({ ...env, DRAIN_MS: '15000' }).drainMs, 15_000)
  assert.throws(
    () => loadConfig({ ...env, DRAIN_MS: '15001' }),
    /takes up to 30001 ms to end, .* STOP_WITHIN_MS, 30000/,
  )
  assert.throws(() => loadConfig({ ...env, PSP_TIMEOUT_MS: '60000' }), /DRAIN_MS and PSP_TIMEOUT_MS are too long/)
  loadConfig({ ...env, PSP_TIMEOUT_MS: '60000', STOP_WITHIN_MS: '65000' })
})
