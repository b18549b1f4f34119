/** A reporter for `node --test`: one line of JSON for each test that ended, for the evidence. */
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { isFileOfGroup, isGroup } from '../test-groups.ts'

/** `file`: the test file that was run, also where the test stands in a module that it imports. */
export type TestResult = { file: string; name: string; passed: boolean; ms: number }

export async function* reportResults(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { name, file = '', details } = event.data
    // Node 24 tells it of a file that has a process of its own; its types do not have it yet.
    const { entryFile } = event.data as { entryFile?: string }
    const ran = entryFile === undefined || isGroup(entryFile) ? file : entryFile
    // A skipped test shows nothing, so it counts as one that did not pass.
    const passed = event.type === 'test:pass' && event.data.skip === undefined && event.data.todo === undefined
    const result: TestResult = {
      file: isFileOfGroup(file) ? name : relative(process.cwd(), ran),
      name,
      passed,
      ms: Math.round(details.duration_ms),
    }
    yield `${JSON.stringify(result)}\n`
  }
}

// node:test takes a reporter as a module's default export.
export { reportResults as default }
