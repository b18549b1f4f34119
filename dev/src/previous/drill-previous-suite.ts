/**
 * `npm run drill:previous-suite`: the tests of the version before this one, of its store, its flows and its API, on the
 * schema of this version. Prints what passed, and fails when a test fails that is not expected to.
 */
import { cpSync, globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pathInRepository } from '../managed-process.ts'
import type { TestResult } from '../pci/result-reporter.ts'
import type { Reporter } from '../test-run.ts'
import { checkOutPrevious, readPreviousVersion } from './checkout-previous.ts'

/** Tests that say how the schema is, and not what the code does with it: they differ whenever it expands. */
const describesTheSchema: readonly RegExp[] = [/^payment-service\/src\/store\/(privileges|catalogue)\.test\.ts$/]
const suites = ['payment-service/src/store', 'payment-service/src/flows', 'payment-service/src/http']

const version = readPreviousVersion()
const { folder, remove } = checkOutPrevious(version.commit)
process.once('exit', remove)
const migrations = join(folder, 'payment-service/migrations')
rmSync(migrations, { recursive: true })
cpSync(pathInRepository('payment-service/migrations'), migrations, { recursive: true })
const files = globSync(
  suites.map((suite) => `${suite}/**/*.test.ts`),
  { cwd: folder },
).sort()
const { runTestFiles }: { runTestFiles(files: string[], reporters: Reporter[]): Promise<number> } = await import(
  pathToFileURL(join(folder, 'dev/src/test-run.ts')).href
)
const results = join(folder, 'results.jsonl')
const moduleAt = (path: string) => pathToFileURL(join(folder, path)).href
await runTestFiles(files, [
  { module: moduleAt('dev/src/test-reporter.ts'), destination: 'stdout' },
  { module: moduleAt('dev/src/pci/result-reporter.ts'), destination: results },
])
const ran: TestResult[] = readFileSync(results, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line))
const failed = ran.filter(({ passed }) => !passed)
const expected = failed.filter(({ file }) => describesTheSchema.some((pattern) => pattern.test(file)))
const unexpected = failed.filter((one) => !expected.includes(one))
console.log(`\nThe tests of ${version.name} on the schema of this version:`)
console.log(`passed ${ran.length - failed.length} of ${ran.length}, in ${files.length} files`)
for (const { file, name } of expected) console.log(`differs, as expected: ${file}: ${name}`)
for (const { file, name } of unexpected) console.log(`FAILED: ${file}: ${name}`)
console.log(`failed ${unexpected.length}`)
process.exitCode = unexpected.length === 0 && ran.length > files.length ? 0 : 1
