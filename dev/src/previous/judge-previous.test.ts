import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { TestResult } from '../pci/result-reporter.ts'
import { filesToRepeat, type Judgement, judgePrevious, type PreviousRuns } from './judge-previous.ts'

const listed = { 'a.test.ts': ['names every table', 'the tables'] }
const result = (file: string, name: string, passed: boolean): TestResult => ({ file, name, passed, ms: 1 })
const asListed = [
  result('a.test.ts', 'names every table', false),
  result('a.test.ts', 'the tables', false),
  result('a.test.ts', 'a.test.ts', false),
]
const judge = (runs: Partial<PreviousRuns>): Judgement =>
  judgePrevious({ files: ['a.test.ts', 'b.test.ts'], together: [], alone: [], onItsOwnSchema: [], ...runs }, listed)
const clean = { late: [], differ: [], alike: [], broken: [], undecided: [] }
const listedTests = [
  { file: 'a.test.ts', name: 'names every table' },
  { file: 'a.test.ts', name: 'the tables' },
]
const charges = { file: 'b.test.ts', name: 'charges' }

it('what differs as it is listed to is no fault, and is not run again', () => {
  const together = [...asListed, result('b.test.ts', 'charges', true)]
  assert.deepEqual(filesToRepeat(together, listed), [])
  assert.deepEqual(judge({ together }), { ...clean, passed: 1, differ: listedTests })
})

it('a list that is out of date is told of: what passes although it must differ', () => {
  const together = [result('a.test.ts', 'names every table', true), result('a.test.ts', 'the tables', true)]
  assert.deepEqual(judge({ together }), { ...clean, passed: 2, alike: listedTests })
  assert.deepEqual(
    judge({ files: ['b.test.ts'], together: [] }).alike,
    [],
    'of a file that was not chosen nothing is said',
  )
})

it('a test that passes when its file runs by itself was late, and is told of', () => {
  const together = [...asListed, result('b.test.ts', 'charges', false), result('b.test.ts', 'b.test.ts', false)]
  assert.deepEqual(filesToRepeat(together, listed), ['b.test.ts'])
  const alone = [result('b.test.ts', 'charges', true)]
  assert.deepEqual(judge({ together, alone }), { ...clean, passed: 1, late: [charges], differ: listedTests })
})

it('a test that fails by itself too is broken by the schema when it passes on its own version’s, and undecided when it does not', () => {
  const together = [...asListed, result('b.test.ts', 'charges', false)]
  const alone = [result('b.test.ts', 'charges', false), result('b.test.ts', 'refunds', true)]
  const at = (passed: boolean) => judge({ together, alone, onItsOwnSchema: [result('b.test.ts', 'charges', passed)] })
  assert.deepEqual(at(true), { ...clean, passed: 1, differ: listedTests, broken: [charges] })
  assert.deepEqual(at(false), { ...clean, passed: 1, differ: listedTests, undecided: [charges] })
  assert.deepEqual(judge({ together, alone }).broken, [charges], 'also when it was never run there')
})

it('a file of which no test runs is broken under its own name', () => {
  const silent = [result('b.test.ts', 'b.test.ts', false)]
  assert.deepEqual(filesToRepeat(silent, listed), ['b.test.ts'])
  const judged = judge({ together: silent, alone: silent, onItsOwnSchema: [result('b.test.ts', 'charges', true)] })
  assert.deepEqual(judged.broken, [{ file: 'b.test.ts', name: 'b.test.ts' }])
})

it('a test that no run by itself told of any more stays failed', () => {
  const together = [result('b.test.ts', 'charges', false)]
  const alone = [result('b.test.ts', 'refunds', true)]
  assert.deepEqual(judge({ files: ['b.test.ts'], together, alone }).broken, [charges])
})
