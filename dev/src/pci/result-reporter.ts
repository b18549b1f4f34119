/** A reporter for `node --test`: one line of JSON for each test that ended, for the evidence. */
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { isFileOfGroup } from '../test-groups.ts'

export type TestResult = { file: string; name: string; passed: boolean; ms: number }

export async function* reportResults(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { name, file = '', details } = event.data
    // A skipped test shows nothing, so it counts as one that did not pass.
    const passed = event.type === 'test:pass' && event.data.skip === undefined && event.data.todo === undefined
    const result: TestResult = {
      file: isFileOfGroup(file) ? name : relative(process.cwd(), file),
      name,
      passed,
      ms: Math.round(details.duration_ms),
    }
    yield `${JSON.stringify(result)}\n`
  }
}

// node:test takes a reporter as a module's default export.
export { reportResults as default }
