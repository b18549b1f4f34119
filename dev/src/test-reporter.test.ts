import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { it } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { notTested, reportTests } from './test-reporter.ts'

it('what a test could not check on this machine is shown last, although its file passed', async () => {
  const file = resolve('dev/src/a.test.ts')
  async function* events(): AsyncGenerator<TestEvent> {
    const says = (message: string) => ({ type: 'test:stderr', data: { file, message } }) as TestEvent
    yield says('something else\n')
    yield says(`${notTested}the moon\n`)
    const counts = { tests: 1 }
    yield { type: 'test:summary', data: { file, success: true, duration_ms: 1, counts } } as unknown as TestEvent
    yield { type: 'test:diagnostic', data: { nesting: 0, message: 'tests 1' } } as TestEvent
  }
  const printed = (await Array.fromAsync(reportTests(events()))).join('')
  assert.match(printed, /ℹ tests 1\n\nNOT TESTED: the moon\n$/)
  assert.doesNotMatch(printed, /something else/)
})
