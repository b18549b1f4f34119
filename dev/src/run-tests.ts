/**
 * `npm test`'s last part: one PostgreSQL for all test files, then node's own runner over every `*.test.ts` of the
 * workspaces, or over those whose path contains one of the arguments.
 */
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startPostgres } from './embedded-postgres.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
// One file may drive a browser through many payments; nothing honest takes longer than this.
const testTimeoutMs = 180_000
const runTimeoutMs = 15 * 60_000
// A test run starts more than a hundred Node processes; compiled code is kept for the next one, a third of each start.
const compileCache = join(root, 'node_modules/.cache/compiled')

function findTestFiles(filters: string[]): string[] {
  const files = globSync('*/**/*.test.ts', {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|dist|\.fincore)$/.test(path),
  })
  return files.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter))).sort()
}

async function runTests(): Promise<number> {
  const filters = process.argv.slice(2)
  const files = findTestFiles(filters)
  if (files.length === 0) {
    console.error(`No test file's path contains ${filters.join(' or ')}.`)
    return 1
  }
  const startedAt = Date.now()
  const postgres = await startPostgres({
    dataDir: mkdtempSync(join(tmpdir(), 'fincore-test-')),
    port: 0,
    throwAway: true,
  })
  console.log(`PostgreSQL ${postgres.version} is ready; ${files.length} test files.`)
  const runner = spawn(
    process.execPath,
    [
      '--test',
      '--test-concurrency=3',
      `--test-timeout=${testTimeoutMs}`,
      `--test-reporter=${new URL('./test-reporter.ts', import.meta.url).href}`,
      '--test-reporter-destination=stdout',
      ...files,
    ],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, TEST_POSTGRES_URL: postgres.ownerUrl, NODE_COMPILE_CACHE: compileCache },
    },
  )
  // Ctrl-C reaches the runner by itself; this process only waits, so that PostgreSQL outlives the tests.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => runner.kill('SIGTERM'))
  // A test that fails may leave something running, which then keeps its file's process, and with it the run, for ever.
  const deadline = setTimeout(() => {
    console.error(`The tests did not end within ${runTimeoutMs / 60_000} minutes: a test left something running.`)
    runner.kill('SIGTERM')
  }, runTimeoutMs)
  const code = await new Promise<number>((done) => runner.on('exit', (exitCode) => done(exitCode ?? 1)))
  clearTimeout(deadline)
  await postgres.stop()
  console.log(`Took ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
  return code
}

process.exitCode = await runTests()
