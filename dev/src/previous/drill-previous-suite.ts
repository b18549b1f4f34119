/**
 * `npm run drill:previous-suite`: the tests of the version before this one, of its store, its flows and its API, on the
 * schema of this version. With parts of paths as arguments, only the files that have one of them.
 *
 * First a control: with one of its columns renamed its tests must fail. Then every file, as many at a time as there are
 * cores; a file of which something failed once more, by itself; and what failed there too by itself on the schema that it
 * was made for. Exit code 0: all passed, but for the tests that are listed to differ, and those did. 1: a test fails on
 * this schema only, or one that is listed does not differ, or the control was not noticed. 2: nothing is known, because a
 * test fails on the schema of its own version as well, as on a machine that is too busy, or the drill could not be run.
 */
import { cpSync, globSync, mkdtempSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../embedded-postgres.ts'
import { pathInRepository } from '../managed-process.ts'
import { createTestDatabase } from '../test-database.ts'
import {
  checkOutPrevious,
  isInHistory,
  migrationsPath,
  readPreviousVersion,
  replaceMigrations,
} from './checkout-previous.ts'
import { filesToRepeat, judgePrevious, type Listed, type Named } from './judge-previous.ts'
import { runPreviousTests } from './run-previous-tests.ts'

const expectedToDiffer: Listed = {
  // Tables that came after it.
  'payment-service/src/store/privileges.test.ts': [
    'the application’s login has the rights of the table, on every table, and is nobody else',
  ],
  // One of those belongs to no merchant. The other name is that of the suite.
  'payment-service/src/store/catalogue.test.ts': [
    'begins every primary key with merchant_id, so that it can be spread over several writers',
    'the database',
  ],
}
const suites = ['payment-service/src/store', 'payment-service/src/flows', 'payment-service/src/http']
/** What the version before must not survive, and a file of it that takes a moment. */
const control = {
  sql: 'alter table charges rename column captured to taken',
  file: 'payment-service/src/store/hot-path.test.ts',
}

const parts = process.argv.slice(2)
const version = readPreviousVersion()
if (!isInHistory(version.commit))
  cannotRun(`git's history here does not hold ${version.commit} (${version.name}): fetch the whole history`)
const { folder, remove } = checkOutPrevious(version.commit)
process.once('exit', remove)
const files = globSync(
  suites.map((suite) => `${suite}/**/*.test.ts`),
  { cwd: folder },
)
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .sort()
if (files.length === 0) cannotRun(`no test file of ${version.name} has a path with ${parts.join(' or ')}`)
const itsOwn = join(folder, 'its-own-migrations')
cpSync(join(folder, migrationsPath), itsOwn, { recursive: true })
const server = await startPostgres({ dataDir: mkdtempSync(join(tmpdir(), 'fincore-test-')), port: 0, throwAway: true })

function cannotRun(why: string): never {
  console.error(`The drill could not be run: ${why}.`)
  process.exit(2)
}
const run = (chosen: readonly string[], atATime: number) =>
  runPreviousTests(folder, chosen, { serverUrl: server.ownerUrl, atATime })
const tell = (kind: string, tests: readonly Named[]): void => {
  for (const { file, name } of tests) console.log(`${kind}: ${file}: ${name}`)
}

async function noticesControl(): Promise<boolean> {
  replaceMigrations(folder, pathInRepository(migrationsPath))
  writeFileSync(join(folder, migrationsPath, '999_control.sql'), `${control.sql};\n`)
  console.log(`The control, which must fail: ${control.file} after “${control.sql}”`)
  return (await run([control.file], 1)).some(({ passed }) => !passed)
}

async function drill(): Promise<number> {
  const isNoticed = await noticesControl()
  if (isNoticed) console.log('\nThe control was noticed: what failed above had to.')
  replaceMigrations(folder, pathInRepository(migrationsPath))
  // The schema is made by this version, as in a rollout: the earlier one finds it as a template, by the same digest.
  await (await createTestDatabase(undefined, server.ownerUrl)).drop()
  console.log(`\nThe tests of ${version.name} on the schema of this version:`)
  const together = await run(files, Math.min(availableParallelism(), 4))
  const repeated = filesToRepeat(together, expectedToDiffer)
  if (repeated.length > 0) console.log(`\nOnce more, each by itself: ${repeated.join(', ')}`)
  const alone = await run(repeated, 1)
  const again = filesToRepeat(alone, expectedToDiffer)
  if (again.length > 0) console.log(`\nOn the schema that they were made for, each by itself: ${again.join(', ')}`)
  replaceMigrations(folder, itsOwn)
  const onItsOwnSchema = await run(again, 1)
  const { passed, late, differ, alike, broken, undecided } = judgePrevious(
    { files, together, alone, onItsOwnSchema },
    expectedToDiffer,
  )
  console.log(`\nThe tests of ${version.name} on the schema of this version, in ${files.length} files:`)
  tell('passed only by itself', late)
  tell('differs, as listed', differ)
  tell('does not differ, though it is listed to', alike)
  tell('fails on the schema of its own version as well', undecided)
  tell('BROKEN by this schema', broken)
  if (!isNoticed) console.log(`The control was not noticed: ${control.file} passes after “${control.sql}”`)
  console.log(
    `passed ${passed}, of which by itself only ${late.length}; differ as listed ${differ.length}; broken ${broken.length}; undecided ${undecided.length}`,
  )
  if (broken.length + alike.length > 0 || !isNoticed) return 1
  return undecided.length > 0 ? 2 : 0
}

process.exitCode = await drill().finally(() => server.stop())
