/**
 * `npm run record:statements`: runs the tests of the version that `payment-service/previous/version.json` names, with a
 * recorder, and writes `payment-service/previous/statements.json`: every statement that it sends to PostgreSQL. With a
 * commit as argument that commit becomes the previous version first: done once, when a version is released.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pathInRepository } from '../managed-process.ts'
import {
  checkOutPrevious,
  type PreviousVersion,
  previousVersionFile,
  readPreviousVersion,
} from './checkout-previous.ts'

type Sent = { file: string; line: number; text: string }

const statementsFile = 'payment-service/previous/statements.json'
/** What PREPARE takes; the rest begins and ends transactions, or sets a limit. */
const isPreparable = ({ text }: Sent) => /^\s*(with|select|insert|update|delete|merge|values)\b/i.test(text)

function describeCommit(given: string): Pick<PreviousVersion, 'commit' | 'name'> {
  const [commit = '', date = ''] = execFileSync('git', ['log', '-1', '--format=%H %cs', given], {
    cwd: pathInRepository(''),
    encoding: 'utf8',
  })
    .trim()
    .split(' ')
  const { version } = JSON.parse(
    execFileSync('git', ['show', `${commit}:package.json`], { cwd: pathInRepository(''), encoding: 'utf8' }),
  )
  return { commit, name: `${version} of ${date}` }
}

function digestMigrations(folder: string): Record<string, string> {
  const migrations = join(folder, 'payment-service', 'migrations')
  const names = readdirSync(migrations).filter((name) => name.endsWith('.sql'))
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(migrations, name)))
      .digest('hex')
  return Object.fromEntries(names.sort().map((name) => [name, digest(name)]))
}

/** Where a file of store/ sends a statement that no test had it send. */
function listUnrecorded(folder: string, sent: readonly Sent[]): string[] {
  const store = join(folder, 'payment-service', 'src', 'store')
  const files = readdirSync(store).filter((name) => name.endsWith('.ts') && !/\.test\.ts$|^migrate\.ts$/.test(name))
  return files.flatMap((name) => {
    const lines = new Set(sent.filter(({ file }) => file === `store/${name}`).map(({ line }) => line))
    return readFileSync(join(store, name), 'utf8')
      .split('\n')
      .flatMap((text, at) => (/\.query[(<]/.test(text) && !lines.has(at + 1) ? [`store/${name}:${at + 1}`] : []))
  })
}

const [given = readPreviousVersion().commit] = process.argv.slice(2)
const version = describeCommit(given)
const { folder, remove } = checkOutPrevious(version.commit)
try {
  const record = join(folder, 'statements.jsonl')
  writeFileSync(record, '')
  const recorder = join(folder, 'node_modules', 'statement-recorder.mjs')
  writeFileSync(recorder, readFileSync(new URL('statement-recorder.mjs', import.meta.url)))
  const { status } = spawnSync(process.execPath, ['dev/src/run-tests.ts', 'payment-service/src/'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=${pathToFileURL(recorder).href}`,
      RECORD_STATEMENTS_TO: record,
    },
  })
  if (status !== 0) console.error('Some of its tests failed; what they would have sent is missing.')
  const sent: Sent[] = readFileSync(record, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const statements = Map.groupBy(sent.filter(isPreparable), ({ file }) => file)
  const byFile = [...statements]
    .map(([file, list]) => [file, [...new Set(list.map(({ text }) => text))].sort()] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  const write = (path: string, what: object) =>
    writeFileSync(pathInRepository(path), `${JSON.stringify(what, null, 2)}\n`)
  write(statementsFile, Object.fromEntries(byFile))
  write(previousVersionFile, { ...version, migrations: digestMigrations(folder) })
  execFileSync(pathInRepository('node_modules/.bin/biome'), ['format', '--write', 'payment-service/previous'], {
    cwd: pathInRepository(''),
  })
  console.log(`${version.name}: ${byFile.flatMap(([, list]) => list).length} statements of ${byFile.length} files.`)
  for (const place of listUnrecorded(folder, sent)) console.log(`No test had it send what stands at ${place}.`)
  process.exitCode = status ?? 1
} finally {
  remove()
}
