import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from './embedded-postgres.ts'
import { startFinCore } from './fincore.ts'
import { pathInRepository } from './managed-process.ts'
import { createTestDatabase } from './test-database.ts'
import { groupTestFiles, writeGroups } from './test-groups.ts'

// One file may drive a browser through many payments; nothing honest takes longer than this.
const testTimeoutMs = 180_000
const runTimeoutMs = 15 * 60_000
// A test run starts more than a hundred Node processes; compiled code is kept for the next one, a third of each start.
const compileCache = pathInRepository('node_modules/.cache/compiled')

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
  const world = startSharedWorld(files, postgres.ownerUrl)
  const groupsFolder = mkdtempSync(join(tmpdir(), 'fincore-groups-'))
  const { alone, groups } = groupTestFiles(files)
  const runner = spawn(
    process.execPath,
    [
      '--test',
      '--test-concurrency=4',
      `--test-timeout=${testTimeoutMs}`,
      ...reporters.map(({ module }) => `--test-reporter=${module}`),
      ...reporters.map(({ destination }) => `--test-reporter-destination=${destination}`),
      ...alone,
      ...writeGroups(groups, groupsFolder),
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
  const deadline = setTimeout(() => {
    console.error(`The tests did not end within ${runTimeoutMs / 60_000} minutes: a test left something running.`)
    runner.kill('SIGTERM')
  }, runTimeoutMs)
  const code = await new Promise<number>((done) => runner.on('exit', (exitCode) => done(exitCode ?? 1)))
  clearTimeout(deadline)
  await world.stop()
  await postgres.stop()
  rmSync(groupsFolder, { recursive: true, force: true })
  console.log(`Took ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)
  return code
}

/** One FinCore for those tests of whole payments that leave it as they found it; each start costs seconds. */
function startSharedWorld(files: readonly string[], serverUrl: string): SharedWorld {
  const isUsed = files.some((file) => readFileSync(pathInRepository(file), 'utf8').includes('useWorld()'))
  if (!isUsed) return { env: {}, stop: async () => undefined }
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-world-'))
  const database = createTestDatabase(undefined, serverUrl)
  const starting = database.then(({ ownerUrl }) => startFinCore({ dataDir, ports: 'free', databaseUrl: ownerUrl }))
  starting.catch((error: unknown) => console.error(`The tests' shared world did not start: ${error}`))
  return {
    env: { TEST_WORLD_DIR: dataDir },
    async stop() {
      await starting.then((fincore) => fincore.stop()).catch(() => undefined)
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
