import assert from 'node:assert/strict'
import { globSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathInRepository } from '../managed-process.ts'
import { applyMutant, removeCopy } from './apply-mutant.ts'
import { mutants } from './mutants.ts'

test('every mutant still fits the source, changes it, and can be undone', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'fincore-mutants-test-'))
  t.after(() => removeCopy(root))
  assert.ok(mutants.length >= 10)
  for (const mutant of mutants) {
    const before = new Map(mutant.edits.map(({ file }) => [file, readFileSync(pathInRepository(file), 'utf8')]))
    for (const [file, text] of before) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    const undo = applyMutant(mutant, root)
    for (const [file, text] of before) assert.notEqual(readFileSync(join(root, file), 'utf8'), text, mutant.name)
    undo()
    for (const [file, text] of before) assert.equal(readFileSync(join(root, file), 'utf8'), text, mutant.name)
  }
})

test('every test file that shall catch a mutant is there', () => {
  const files = globSync('*/src/**/*.test.ts', { cwd: pathInRepository('') })
  const gone = mutants.flatMap(({ caughtBy }) => caughtBy).filter((part) => !files.some((file) => file.includes(part)))
  assert.deepEqual(gone, [])
})

test('a mutant that no longer fits is refused by its name, and leaves the copy as it was', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'fincore-mutants-test-'))
  t.after(() => removeCopy(root))
  writeFileSync(join(root, 'a.ts'), 'one two')
  const edit = (find: string) => ({ file: 'a.ts', find, replacement: 'x' })
  const mutant = { name: 'outdated', weakens: '', edits: [edit('one'), edit('three')], caughtBy: [] }
  assert.throws(() => applyMutant(mutant, root), /“outdated”: its text stands 0 times in a\.ts/)
  assert.equal(readFileSync(join(root, 'a.ts'), 'utf8'), 'one two')
})
