import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { TestResult } from '../pci/result-reporter.ts'

// A machine with much else to do must not turn what is slow into what fails.
const testTimeoutMs = 300_000
const runTimeoutMs = 25 * 60_000
const reporters = {
  shown: new URL('../test-reporter.ts', import.meta.url),
  kept: new URL('../pci/result-reporter.ts', import.meta.url),
}
/** As many as `npm test` sends; the earlier version itself sends more, and everything else waits for them. */
const contractRequests = '3000'

/**
 * Runs test files of a checkout by node's own runner, each in a process of its own, and shows what comes of them.
 *
 * @param files paths in the checkout.
 * @param options `serverUrl`: a running PostgreSQL, as the owner; `atATime`: so many files side by side.
 * @returns a result for each test and each suite; a file that told of none has one that failed, under its own name.
 */
export async function runPreviousTests(
  folder: string,
  files: readonly string[],
  { serverUrl, atATime }: { serverUrl: string; atATime: number },
): Promise<TestResult[]> {
  if (files.length === 0) return []
  const kept = join(folder, 'results.jsonl')
  rmSync(kept, { force: true })
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env
  const runner = spawn(
    process.execPath,
    [
      '--test',
      `--test-concurrency=${atATime}`,
      `--test-timeout=${testTimeoutMs}`,
      `--test-reporter=${reporters.shown.href}`,
      '--test-reporter-destination=stdout',
      `--test-reporter=${reporters.kept.href}`,
      `--test-reporter-destination=${kept}`,
      // Node runs them in the order of the paths as given, and `..` comes first: the longest must not be the last.
      ...files.map((file) => (file.endsWith('/contract.test.ts') ? join('..', basename(folder), file) : file)),
    ],
    {
      cwd: folder,
      stdio: 'inherit',
      env: {
        ...env,
        CONTRACT_REQUESTS: contractRequests,
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
        TEST_POSTGRES_URL: serverUrl,
      },
    },
  )
  const deadline = setTimeout(() => {
    console.error(`The tests did not end within ${runTimeoutMs / 60_000} minutes.`)
    runner.kill('SIGTERM')
  }, runTimeoutMs)
  await new Promise((done) => runner.on('exit', done))
  clearTimeout(deadline)
  const results = existsSync(kept) ? readFileSync(kept, 'utf8').split('\n').filter(Boolean) : []
  // A file that fails as a whole fails under the path that the runner was given.
  const told = results
    .map((line) => JSON.parse(line) as TestResult)
    .map((one) => (one.name.endsWith(`/${one.file}`) ? { ...one, name: one.file } : one))
  const silent = files.filter((file) => !told.some((one) => one.file === file || one.name === file))
  return [...told, ...silent.map((file) => ({ file, name: file, passed: false, ms: 0 }))]
}
