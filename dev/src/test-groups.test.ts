import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { filesOfGroup, groupTestFiles, writeGroups } from './test-groups.ts'

const sharing = Array.from({ length: 30 }, (_, index) => `payment-service/src/quick-${index}.test.ts`)
const others = [
  'card-relay/src/only-one.test.ts',
  'end-to-end/src/slow.test.ts',
  'payment-service/src/starts-something.test.ts',
]
const read = (file: string) => (file.includes('starts') ? `import { spawn } from 'node:child_process'` : '')

test('every test file runs once: those of its own process alone, the quick ones in groups that know their files', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'fincore-groups-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { slow, quick, groups } = groupTestFiles([...others, ...sharing].sort(), read)
  assert.deepEqual([...slow, ...quick].sort(), others)
  assert.deepEqual(slow, ['end-to-end/src/slow.test.ts'])
  assert.deepEqual(groups.flat().sort(), sharing.toSorted())
  assert.ok(groups.length > 1 && groups.every(({ length }) => length <= 12))
  assert.deepEqual(writeGroups(groups, folder).map(filesOfGroup), groups)
})
