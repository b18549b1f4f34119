import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockDataDir } from './data-dir.ts'

test('a data directory has one launcher at a time, and a launcher that is gone does not keep it', (t) => {
  const path = mkdtempSync(join(tmpdir(), 'fincore-data-dir-test-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  const first = lockDataDir(path)
  assert.throws(() => lockDataDir(path), new RegExp(`in use by another FinCore \\(process ${process.pid}\\)`))
  first.release()

  // The id of this process, but of one that started at another time: ids are reused after a restart of the machine.
  writeFileSync(join(path, 'launcher.lock'), JSON.stringify({ pid: process.pid, started: '1' }))
  lockDataDir(path).release()
  writeFileSync(join(path, 'launcher.lock'), 'torn')
  lockDataDir(path).release()
})

test('a data directory that was made for nothing is gone again, and one with data in it stays', (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'fincore-data-dir-test-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const path = join(parent, 'new')
  lockDataDir(path).release()
  assert.equal(existsSync(path), false)

  const lock = lockDataDir(path)
  writeFileSync(join(path, 'secrets.json'), '{}')
  lock.release()
  assert.equal(existsSync(join(path, 'secrets.json')), true)
})

test('a data directory that cannot be made is one line that names the setting', (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'fincore-data-dir-test-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  writeFileSync(join(parent, 'file'), '')
  assert.throws(() => lockDataDir(join(parent, 'file', 'data')), /cannot be used \(ENOTDIR\).*FINCORE_DATA_DIR/)
})
