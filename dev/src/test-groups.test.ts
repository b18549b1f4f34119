import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { filesOfGroup, groupTestFiles, writeGroups } from './test-groups.ts'

const quickFiles = Array.from({ length: 30 }, (_, index) => `payment-service/src/quick-${index}.test.ts`)
const sharers = ['end-to-end/src/a.test.ts', 'end-to-end/src/b.test.ts']
const others = [
  'card-relay/src/only-one.test.ts',
  'end-to-end/src/slow.test.ts',
  'payment-service/src/starts-something.test.ts',
]
const read = (file: string) => {
  if (sharers.includes(file)) return 'const shared = shareBrowser()'
  if (file.includes('slow')) return 'const shared = shareWhatNobodyElseUses()'
  return file.includes('starts') ? `import { spawn } from 'node:child_process'` : ''
}

test('every test file runs once: those of its own process alone, the quick ones and those that share something in groups that know their files', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-groups-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { slow, quick, slowGroups, groups } = groupTestFiles([...others, ...sharers, ...quickFiles].sort(), read)
  assert.deepEqual([...slow, ...quick].sort(), others)
  assert.deepEqual(slow, ['end-to-end/src/slow.test.ts'])
  assert.deepEqual(slowGroups, [sharers])
  assert.deepEqual(groups.flat().sort(), quickFiles.toSorted())
  assert.ok(groups.length > 1 && groups.every(({ length }) => length <= 18))
  assert.deepEqual(writeGroups(groups, folder).map(filesOfGroup), groups)
})
