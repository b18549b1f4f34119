/**
 * A reporter for `node --test`: one line per file, every failure in full, the slowest files, and node's own closing
 * counts. What tests themselves print to stdout or stderr is shown only for files that failed.
 */
import { basename, relative, resolve } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'
import { filesOfGroup, isFileOfGroup, isGroup } from './test-groups.ts'

const slowestShown = 10
// A test that prints without end must not fill the runner's memory.
const maxOutputPerFile = 64 * 1024

/** A line that begins so is shown last, whatever became of its file: a test says that it could not check something here. */
export const notTested = 'NOT TESTED: '

type FileResult = { file: string; seconds: number; ok: boolean }

export async function* reportTests(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: FileResult[] = []
  const counts: string[] = []
  const failures: string[] = []
  const outputs = new Map<string, string>()
  const summed = new Set<string>()
  /** Tests of each process since the last file of its group ended: a test may stand in a module that its file imports. */
  const counted = new Map<string, number>()
  const finish = (result: FileResult, tests: number): string => {
    files.push(result)
    return `${result.ok ? '✔' : '✖'} ${result.file} (${tests} tests, ${result.seconds.toFixed(1)} s)\n`
  }
  for await (const event of source) {
    switch (event.type) {
      case 'test:stdout':
      case 'test:stderr': {
        // The path as the runner was given it, while a summary has the whole.
        const path = resolve(event.data.file ?? '')
        const before = outputs.get(path) ?? ''
        if (before.length < maxOutputPerFile) outputs.set(path, before + event.data.message)
        break
      }
      case 'test:pass':
      case 'test:fail': {
        const { data } = event
        const { duration_ms: ms, type } = data.details
        const text = event.type === 'test:fail' ? describeFailure(event.data, files) : undefined
        if (text !== undefined) {
          failures.push(text)
          yield text
        }
        // Node 24 tells it; its types do not have it yet.
        const { entryFile: ran = '' } = data as { entryFile?: string }
        const tests = counted.get(ran) ?? 0
        if (type !== 'suite') counted.set(ran, tests + 1)
        else if (data.nesting === 0 && isFileOfGroup(data.file)) {
          counted.set(ran, 0)
          yield finish({ file: data.name, seconds: ms / 1000, ok: event.type === 'test:pass' }, tests)
        }
        break
      }
      case 'test:diagnostic':
        if (event.data.nesting === 0 && event.data.file === undefined) counts.push(event.data.message)
        break
      case 'test:summary': {
        if (event.data.file === undefined) break
        const { file: path, success: ok, duration_ms: ms, counts: found } = event.data
        const file = nameOf(path)
        // The files of a group have their own lines.
        if (!isGroup(path)) yield finish({ file, seconds: ms / 1000, ok }, found.tests)
        const output = outputs.get(path)
        summed.add(path)
        if (!ok && output)
          yield `--- what ${isGroup(path) ? basename(path) : file} printed ---\n${output.trimEnd()}\n---\n`
        break
      }
    }
  }
  // Of what did not come to its own end.
  for (const [path, output] of outputs)
    if (!summed.has(path))
      yield `--- what ${isGroup(path) ? basename(path) : nameOf(path)} printed ---\n${output.trimEnd()}\n---\n`
  const slowest = files.sort((a, b) => b.seconds - a.seconds).slice(0, slowestShown)
  yield '\nThe slowest files:\n'
  for (const { file, seconds } of slowest) yield `${seconds.toFixed(1).padStart(7)} s  ${file}\n`
  if (failures.length > 0) yield `\nThe failures again:\n${failures.join('')}`
  yield '\n'
  for (const count of counts) yield `ℹ ${count}\n`
  const left = [...outputs.values()].flatMap((text) => text.split('\n').filter((line) => line.startsWith(notTested)))
  if (left.length > 0) yield `\n${left.join('\n')}\n`
}

type FailData = Extract<TestEvent, { type: 'test:fail' }>['data']

function describeFailure(data: FailData, ended: readonly FileResult[]): string | undefined {
  const { error } = data.details
  // A suite fails because one of its tests did, and that test has its own text.
  if ('failureType' in error && error.failureType === 'subtestsFailed') return undefined
  const where = data.file === undefined ? '' : `  ${nameOf(data.file)}:${data.line ?? '?'}\n`
  const reason = inspect(error.cause ?? error, { colors: false, depth: 6 }).replaceAll('\n', '\n  ')
  return `✖ ${isGroup(data.name) ? describeGroup(data.name, ended) : data.name}\n${where}  ${reason}\n`
}

/** A group's files run one after the other; one that ended abruptly may not have told of the last that did end. */
function describeGroup(path: string, ended: readonly FileResult[]): string {
  const all = filesOfGroup(path)
  const untold = all.filter((name) => !ended.some(({ file }) => file === name))
  if (untold.length === 0) return `${basename(path)} did not end by itself, although its files had: ${all.join(', ')}`
  return `${basename(path)} ended early, without the results of ${untold.join(', ')}`
}

function nameOf(file: string): string {
  return relative(process.cwd(), file)
}

// node:test takes a reporter as a module's default export.
export { reportTests as default }
