import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
