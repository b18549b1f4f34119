import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { pathInRepository } from '../managed-process.ts'
import { moneyMutants } from './mutants.ts'

test('every mutant of the money path still fits the source: each of its texts stands there once', () => {
  for (const { name, edits } of moneyMutants) {
    for (const { file, find } of edits) {
      const pieces = readFileSync(pathInRepository(file), 'utf8').split(find)
      assert.equal(pieces.length, 2, `“${name}” in ${file}`)
    }
  }
})
