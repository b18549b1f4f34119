import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { bundleFolder, bundlePaymentService } from '@fincore/images/bundle'
import { startPostgres } from './embedded-postgres.ts'
import { startFinCore } from './fincore.ts'
import { pathInRepository } from './managed-process.ts'
import type { TestResult } from './pci/result-reporter.ts'
import { createTestDatabase } from './test-database.ts'
import { filesOfGroup, groupTestFiles, isGroup, writeGroups } from './test-groups.ts'

// One file may drive a browser through many payments; nothing honest takes longer than this.
const testTimeoutMs = 180_000
const runTimeoutMs = 15 * 60_000
// Whoever ends a run that lasts too long, and knows no more than that, finds the last of these in what it printed.
const slowAfterMs = 4 * 60_000
const slowEveryMs = 30_000
// A test run starts more than a hundred Node processes; compiled code is kept for the next one, a third of each start.
const compileCache = pathInRepository('node_modules/.cache/compiled')
const resultReporter = new URL('./pci/result-reporter.ts', import.meta.url).href

type SharedWorld = { env: Record<string, string>; stop(): Promise<void> }

/** A reporter of `node --test`: the address of its module, and where it writes. */
export type Reporter = { module: string; destination: string }

/**
 * Runs test files by node's own runner, with one PostgreSQL for all of them.
 * @returns the exit code: 0 when every test passed.
 */
export async function runTestFiles(files: readonly string[], reporters: readonly Reporter[]): Promise<number> {
  const startedAt = Date.now()
  // For the runner and for the shared world alike.
  process.env.NODE_COMPILE_CACHE = compileCache
  const postgres = await startPostgres({
    dataDir: mkdtempSync(join(tmpdir(), 'fincore-test-')),
    port: 0,
    throwAway: true,
  })
  console.log(`PostgreSQL ${postgres.version} is ready; ${files.length} test files.`)
  // A second of work, and half a second less for each start.
  if (files.filter((file) => file.startsWith('end-to-end/')).length > 2) {
    await bundlePaymentService()
    process.env.TEST_PAYMENT_SERVICE = `${bundleFolder}/main.js`
    process.env.TEST_FINCORE = `${bundleFolder}/cli.js`
  }
  const world = startSharedWorld(files, postgres.ownerUrl)
  const folder = mkdtempSync(join(tmpdir(), 'fincore-groups-'))
  const results = reporters.find(({ module }) => module === resultReporter) ?? {
    module: resultReporter,
    destination: join(folder, 'results.jsonl'),
  }
  const { slow, quick, slowGroups, groups } = groupTestFiles(files)
  const all = [...new Set([...reporters, results])]
  const runner = spawn(
    process.execPath,
    [
      '--test',
      '--test-concurrency=4',
      `--test-timeout=${testTimeoutMs}`,
      ...all.map(({ module }) => `--test-reporter=${module}`),
      ...all.map(({ destination }) => `--test-reporter-destination=${destination}`),
      // Node runs them in the alphabetical order of the paths as given: `..` comes before `/`, and that before letters.
      ...writeGroups(slowGroups, folder).map((path) => relative(pathInRepository(''), path)),
      ...slow.map((file) => join('..', basename(pathInRepository('')), file)),
      ...writeGroups(groups, folder),
      ...quick,
    ],
    {
      cwd: pathInRepository(''),
      stdio: 'inherit',
      env: { ...process.env, TEST_POSTGRES_URL: postgres.ownerUrl, ...world.env },
    },
  )
  // Ctrl-C reaches the runner by itself; this process only waits, so that PostgreSQL outlives the tests.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => runner.kill('SIGTERM'))
  // A test that fails may leave something running, which then keeps its file's process, and with it the run, for ever.
  const telling = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1000)
    if (Date.now() - startedAt >= slowAfterMs)
      console.error(`Still running after ${seconds} s: ${listRunning(runner.pid).join(', ')}`)
  }, slowEveryMs)
  const deadline = setTimeout(() => {
    const left = `a test left something running: ${listRunning(runner.pid).join(', ')}`
    console.error(`The tests did not end within ${runTimeoutMs / 60_000} minutes; ${left}`)
    runner.kill('SIGTERM')
  }, runTimeoutMs)
  const code = await new Promise<number>((done) => runner.on('exit', (exitCode) => done(exitCode ?? 1)))
  clearTimeout(deadline)
  clearInterval(telling)
  await world.stop()
  await postgres.stop()
  const missing = listWithoutResult(files, results.destination)
  for (const file of missing) console.error(`✖ ${file} has no result: none of its tests ran, or it died at its first.`)
  rmSync(folder, { recursive: true, force: true })
  console.log(`Took ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
  return code === 0 && missing.length > 0 ? 1 : code
}

/** Node passes over a path that it takes for no test's, and says nothing: so each file must have a result. */
function listWithoutResult(files: readonly string[], resultsFile: string): string[] {
  const lines = existsSync(resultsFile) ? readFileSync(resultsFile, 'utf8').split('\n').filter(Boolean) : []
  const results = lines.map((line) => JSON.parse(line) as TestResult)
  // A file that cannot be loaded fails under its own name.
  const found = new Set(results.flatMap(({ file, name }) => [file, name]))
  return files.filter((file) => !found.has(file))
}

/** The test files that a runner has processes for now (Linux). */
function listRunning(runner: number | undefined): string[] {
  try {
    const children = readFileSync(`/proc/${runner}/task/${runner}/children`, 'utf8').trim().split(' ')
    return children.flatMap((pid) => {
      const path = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        .split('\0')
        .findLast((word) => word.includes('.'))
      if (path === undefined) return []
      return isGroup(path) ? [`one of ${filesOfGroup(path).join(' ')}`] : [path]
    })
  } catch {
    return ['a file that could not be found out']
  }
}

/** One FinCore for those tests of whole payments that leave it as they found it; each start costs seconds. */
function startSharedWorld(files: readonly string[], serverUrl: string): SharedWorld {
  const isUsed = files.some((file) => readFileSync(pathInRepository(file), 'utf8').includes('useWorld()'))
  if (!isUsed) return { env: {}, stop: async () => undefined }
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-world-'))
  const database = createTestDatabase(undefined, serverUrl)
  const starting = database.then(({ ownerUrl }) =>
    startFinCore({ dataDir, ports: 'free', cardTesting: 'off', databaseUrl: ownerUrl }),
  )
  starting.catch((error: unknown) => console.error(`The tests' shared world did not start: ${error}`))
  return {
    env: { TEST_WORLD_DIR: dataDir },
    async stop() {
      await starting.then((fincore) => fincore.stop()).catch(() => undefined)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
