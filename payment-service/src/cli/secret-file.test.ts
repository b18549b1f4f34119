import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runOnTerminal } from './testing/fake-terminal.ts'
import { openStubDoor, problemAnswer } from './testing/stub-door.ts'

test('a key goes to a new file of its owner alone; when none is made, no file is left', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-key-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const key = `sk_test_${'k'.repeat(43)}`
  let isRefused = true
  const made = { id: 'key_1', kind: 'secret', key, hint: 'sk_test_…kkkk', scopes: ['read'] }
  const door = await openStubDoor(t, () => (isRefused ? problemAnswer(404, 'resource_not_found') : { body: made }))
  const env = { XDG_CONFIG_HOME: folder, FINCORE_ADMIN_URL: door.url, FINCORE_OPERATOR_TOKEN: 'o'.repeat(32) }
  const file = join(folder, 'key.txt')
  const create = () =>
    runOnTerminal(['keys', 'create', '--merchant', `mer_${'0'.repeat(26)}`, '--key-file', file, '--json'], { env })

  assert.equal((await create()).code, 3)
  assert.ok(!existsSync(file))
  isRefused = false
  const { code, out, err } = await create()
  assert.deepEqual([code, readFileSync(file, 'utf8'), statSync(file).mode & 0o777], [0, `${key}\n`, 0o600])
  assert.ok(!(out + err).includes(key))
  const again = await create()
  assert.deepEqual([again.code, door.asked.length], [2, 2], again.err)
})
