import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'

test('every setting at fault is named at once', () => {
  const env = {
    SHOP_PORT: 'many',
    FINCORE_API_URL: 'ftp://x',
    FINCORE_SECRET_KEY: 'pk_test_1',
    RELAY_CA_FILE: '/nowhere.pem',
  }
  assert.throws(
    () => loadConfig(env),
    (error: Error) =>
      [
        'SHOP_PORT is not a port number',
        'FINCORE_API_URL is not a web address',
        'FINCORE_RELAY_URL is missing',
        'FINCORE_SECRET_KEY must look like sk_…',
        'RELAY_CA_FILE names a file that cannot be read',
        'SHOP_DATA_DIR is missing',
      ].every((problem) => error.message.includes(problem)),
  )
})
