import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type KnownMerchant, keepMerchant, readKnownMerchants, readPspName } from './dev-file.ts'

test('a data directory remembers its PSP, and one of before there were several has the sandbox', (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-dev-file-test-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  assert.equal(readPspName(dataDir), undefined)

  const keys = { psp_secret_key: 'sk_sandbox_1', psp_public_key: 'pk_sandbox_1' }
  const merchant = { merchant: 'mer_1', api: 'http://127.0.0.1:4000', ...keys }
  writeFileSync(join(dataDir, 'dev.json'), JSON.stringify(merchant))
  assert.equal(readPspName(dataDir), 'sandbox')
  const [known] = readKnownMerchants(dataDir)
  assert.deepEqual(known?.psp_keys, { secret_key: 'sk_sandbox_1', public_key: 'pk_sandbox_1' })

  const atStripe = { ...known, merchant: 'mer_2', psp_name: 'stripe', psp_keys: { secret_key: 'sk_test_1' } }
  keepMerchant(dataDir, atStripe as KnownMerchant)
  writeFileSync(join(dataDir, 'dev.json'), JSON.stringify(atStripe))
  assert.equal(readPspName(dataDir), 'stripe')
  // The first is not forgotten: a start with its PSP finds it again.
  assert.deepEqual(
    readKnownMerchants(dataDir).map(({ merchant, psp_name }) => [merchant, psp_name]),
    [
      ['mer_2', 'stripe'],
      ['mer_1', 'sandbox'],
    ],
  )
})
