/**
 * A reporter for `node --test`: one line per file, every failure in full, the slowest files, and node's own closing
 * counts. What tests themselves print to stdout or stderr is shown only for files that failed.
 */
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

const slowestShown = 10
// A test that prints without end must not fill the runner's memory.
const maxOutputPerFile = 64 * 1024

type FileResult = { file: string; seconds: number; ok: boolean }

export async function* reportTests(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: FileResult[] = []
  const counts: string[] = []
  const failures: string[] = []
  const outputs = new Map<string, string>()
  for await (const event of source) {
    switch (event.type) {
      case 'test:stdout':
      case 'test:stderr': {
        const before = outputs.get(event.data.file ?? '') ?? ''
        if (before.length < maxOutputPerFile) outputs.set(event.data.file ?? '', before + event.data.message)
        break
      }
      case 'test:fail': {
        const text = describeFailure(event.data)
        if (text === undefined) break
        failures.push(text)
        yield text
        break
      }
      case 'test:diagnostic':
        if (event.data.nesting === 0 && event.data.file === undefined) counts.push(event.data.message)
        break
      case 'test:summary': {
        if (event.data.file === undefined) break
        const result = { file: nameOf(event.data.file), seconds: event.data.duration_ms / 1000, ok: event.data.success }
        files.push(result)
        yield `${result.ok ? '✔' : '✖'} ${result.file} (${event.data.counts.tests} tests, ${result.seconds.toFixed(1)} s)\n`
        const output = outputs.get(event.data.file)
        if (!result.ok && output) yield `--- what ${result.file} printed ---\n${output.trimEnd()}\n---\n`
        break
      }
    }
  }
  const slowest = files.sort((a, b) => b.seconds - a.seconds).slice(0, slowestShown)
  yield '\nThe slowest files:\n'
  for (const { file, seconds } of slowest) yield `${seconds.toFixed(1).padStart(7)} s  ${file}\n`
  if (failures.length > 0) yield `\nThe failures again:\n${failures.join('')}`
  yield '\n'
  for (const count of counts) yield `ℹ ${count}\n`
}

type FailData = Extract<TestEvent, { type: 'test:fail' }>['data']

function describeFailure(data: FailData): string | undefined {
  const { error } = data.details
  // A suite fails because one of its tests did, and that test has its own text.
  if ('failureType' in error && error.failureType === 'subtestsFailed') return undefined
  const where = data.file === undefined ? '' : `  ${nameOf(data.file)}:${data.line ?? '?'}\n`
  const reason = inspect(error.cause ?? error, { colors: false, depth: 6 }).replaceAll('\n', '\n  ')
  return `✖ ${data.name}\n${where}  ${reason}\n`
}

function nameOf(file: string): string {
  return relative(process.cwd(), file)
}

// node:test takes a reporter as a module's default export.
export { reportTests as default }
