/**
 * `npm run drill:previous-suite`: the tests of the version before this one, of its store, its flows and its API, on the
 * schema of this version. Prints what passed, and fails when a test fails that is not expected to, or passes that is
 * expected to differ. With parts of paths as arguments, only the files that have one of them.
 */
import { cpSync, globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pathInRepository } from '../managed-process.ts'
import type { TestResult } from '../pci/result-reporter.ts'
import type { Reporter } from '../test-run.ts'
import { checkOutPrevious, readPreviousVersion } from './checkout-previous.ts'

/** Tests that say how the schema is, and not what the code does with it: they differ when it expands. Each must differ. */
const expectedToDiffer: Readonly<Record<string, readonly string[]>> = {
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

const parts = process.argv.slice(2)
const version = readPreviousVersion()
const { folder, remove } = checkOutPrevious(version.commit)
process.once('exit', remove)
const migrations = join(folder, 'payment-service/migrations')
rmSync(migrations, { recursive: true })
cpSync(pathInRepository('payment-service/migrations'), migrations, { recursive: true })
const files = globSync(
  suites.map((suite) => `${suite}/**/*.test.ts`),
  { cwd: folder },
)
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .sort()
const { runTestFiles }: { runTestFiles(files: string[], reporters: Reporter[]): Promise<number> } = await import(
  pathToFileURL(join(folder, 'dev/src/test-run.ts')).href
)
const moduleAt = (path: string) => pathToFileURL(join(folder, path)).href
const run = async (chosen: string[], name: string): Promise<TestResult[]> => {
  const destination = join(folder, name)
  await runTestFiles(chosen, [
    { module: moduleAt('dev/src/test-reporter.ts'), destination: 'stdout' },
    { module: moduleAt('dev/src/pci/result-reporter.ts'), destination },
  ])
  return readFileSync(destination, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
const first = await run(files, 'results.jsonl')
// On a busy machine a test may be late; what fails for a reason fails again, when its file runs with no other beside it.
const again = [...new Set(first.filter(({ passed }) => !passed).map(({ file }) => file))]
const ran = first.filter(({ file }) => !again.includes(file))
for (const [index, file] of again.entries()) {
  console.log(`\nOnce more, alone: ${file}`)
  ran.push(...(await run([file], `again-${index}.jsonl`)))
}
const isListed = ({ file, name }: TestResult) => expectedToDiffer[file]?.includes(name) === true
const failed = ran.filter(({ passed }) => !passed)
const expected = failed.filter(isListed)
// A file fails with its tests, and is told of only when none of them says why.
const isExplained = ({ file, name }: TestResult) =>
  name === file && failed.some((other) => other.file === file && other.name !== file)
const unexpected = failed.filter((one) => !isListed(one) && !isExplained(one))
const alike = Object.entries(expectedToDiffer).flatMap(([file, names]) =>
  (files.includes(file) ? names : [])
    .filter((name) => !expected.some((one) => one.file === file && one.name === name))
    .map((name) => ({ file, name })),
)
console.log(`\nThe tests of ${version.name} on the schema of this version:`)
console.log(`passed ${ran.length - failed.length} of ${ran.length}, in ${files.length} files`)
for (const { file, name } of expected) console.log(`differs, as expected: ${file}: ${name}`)
for (const { file, name } of alike) console.log(`does not differ, though it is expected to: ${file}: ${name}`)
for (const { file, name } of unexpected) console.log(`FAILED: ${file}: ${name}`)
console.log(`failed ${unexpected.length}`)
process.exitCode = unexpected.length + alike.length === 0 && ran.length > files.length ? 0 : 1
