import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import { describeEnvironment, writeDevEnvironment } from './dev-environment.ts'
import type { DevFile } from './dev-file.ts'

const dev = {
  api: 'http://127.0.0.1:4000',
  relay: 'https://127.0.0.1:4001',
  secret_key: 'sk_test_$HOME#1',
  publishable_key: 'pk_test_1',
  ca: '/home/Ada Lovelace/ca.crt',
  client_cert: '/home/Ada Lovelace/client.crt',
  client_key: '/home/Ada Lovelace/client.key',
  psp: 'http://127.0.0.1:4200',
  psp_public_key: 'pk_1',
  operators: [{ name: 'alice', token: 'op_secret' }],
} as unknown as DevFile

test('dev.env says the same to a shell and to node --env-file, with spaces and signs that mean something to either', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-env-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeDevEnvironment(folder, dev)
  const inShell = execFileSync('sh', ['-c', '. ./dev.env; printf %s "$FINCORE_SECRET_KEY|$FINCORE_CA_FILE"'], {
    cwd: folder,
    encoding: 'utf8',
  })
  assert.equal(inShell, 'sk_test_$HOME#1|/home/Ada Lovelace/ca.crt')
  const inNode = parseEnv(describeEnvironment(dev))
  assert.deepEqual([inNode.FINCORE_SECRET_KEY, inNode.FINCORE_CA_FILE], inShell.split('|'))
})

test('dev.env holds what a merchant has, and no operator’s token', () => {
  assert.equal(describeEnvironment(dev).includes('op_secret'), false)
})
