import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Control } from './controls.ts'
import { judgeControls } from './judge-controls.ts'

const row = (tests: string[]): Control => ({
  requirements: ['1'],
  asks: '',
  answer: '',
  ...(tests.length === 0 ? { operator: 'does it' } : { shownBy: [{ file: 'a.test.ts', tests }] }),
})
const result = (name: string, passed = true, file = 'a.test.ts') => ({ file, name, passed, ms: 1 })

const cases: [what: string, tests: string[], results: ReturnType<typeof result>[], verdict: string][] = [
  ['every named test passed', ['one', 'two …'], [result('one'), result('two a'), result('two b')], 'shown'],
  ['a named test failed', ['one'], [result('one', false)], 'failed'],
  ['one of several of a name failed', ['two …'], [result('two a'), result('two b', false)], 'failed'],
  ['a named test did not run', ['one', 'two'], [result('one')], 'incomplete'],
  ['it ran in another file', ['one'], [result('one', true, 'b.test.ts')], 'incomplete'],
  ['an unnamed test failed', ['one'], [result('one'), result('three', false)], 'shown'],
  ['there is no test', [], [], 'operator'],
]
for (const [what, tests, results, verdict] of cases) {
  test(`a control is ${verdict} when ${what}`, () => {
    assert.equal(judgeControls(results, [row(tests)])[0]?.verdict, verdict)
  })
}
