/**
 * `npm run pci:evidence -- [folder] [--database-url postgres://…]`: runs the tests that the controls name, and writes a
 * folder for an assessor: results, diagram, scripts, components, merchants' scope, and what is the operator's. Without an
 * address of a database the running development system is read. Exits with 1 when a named test failed or did not run.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch, platform } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readDevFile } from '../dev-file.ts'
import { pathInRepository } from '../managed-process.ts'
import { runTestFiles } from '../test-run.ts'
import { controls } from './controls.ts'
import { describeEvidence, describeOperator, describeResults, type Origin } from './describe-evidence.ts'
import { describePciPages } from './describe-pages.ts'
import { describeScope } from './describe-scope.ts'
import { judgeControls } from './judge-controls.ts'
import { readScope } from './read-scope.ts'
import type { TestResult } from './result-reporter.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'database-url': { type: 'string' } },
})

async function collectEvidence(): Promise<number> {
  const madeAt = new Date().toISOString()
  const folder = resolve(positionals[0] ?? join('pci-evidence', madeAt.slice(0, 10)))
  mkdirSync(folder, { recursive: true })
  const files: Record<string, string> = {}
  const write = (name: string, about: string, text: string) => {
    writeFileSync(join(folder, name), text)
    files[name] = about
  }

  const results = await runNamedTests(folder)
  const judged = judgeControls(results)
  write('controls.md', 'Each requirement, its tests and their results', describeResults(judged))
  write('operator.md', 'What code cannot show, by requirement', describeOperator(judged))
  const pages = await describePciPages()
  for (const { path, title, text } of pages) {
    const name = path.replace('docs/pci/', '')
    if (name !== 'controls.md') write(name, title, `# ${title}\n\n${text}\n`)
  }
  const scope = await findScope()
  if (scope !== null) {
    write('scope.md', 'The merchants’ scope by flow, and the grants behind raw cards', describeScope(scope))
    write('scope.json', 'The same as JSON', `${JSON.stringify(scope, null, 2)}\n`)
  }
  const sbom = makeSbom()
  if (sbom !== null) write('sbom.cdx.json', 'The components, in CycloneDX', sbom)
  const origin = describeOrigin(madeAt)
  files['evidence.json'] = 'Everything above as JSON'
  writeFileSync(
    join(folder, 'evidence.json'),
    `${JSON.stringify({ origin, controls: judged, results, scope }, null, 2)}\n`,
  )
  writeFileSync(join(folder, 'README.md'), describeEvidence(origin, judged, results, files))

  const bad = judged.filter(({ verdict }) => verdict === 'failed' || verdict === 'incomplete')
  for (const { requirements, verdict } of bad) console.error(`${requirements.join(', ')}: ${verdict}`)
  console.log(
    `${folder}: ${judged.length} rows, ${bad.length} of them not shown; ${scope === null ? 'no scope (no database was given, and none runs here)' : `${scope.length} merchants`}; ${sbom === null ? 'no SBOM' : 'SBOM'}.`,
  )
  // A test that no row names says nothing about a requirement, but evidence with a failure in it is not one to hand over.
  const failed = results.filter(({ passed }) => !passed)
  for (const { file, name } of failed) console.error(`${file}: “${name}” did not pass`)
  return bad.length > 0 || failed.length > 0 || sbom === null ? 1 : 0
}

/** Runs every file that a control names, once, and gives the results of all its tests. */
async function runNamedTests(folder: string): Promise<TestResult[]> {
  const files = [...new Set(controls.flatMap(({ shownBy = [] }) => shownBy.map(({ file }) => file)))].sort()
  const missing = files.filter((file) => !existsSync(pathInRepository(file)))
  for (const file of missing) console.error(`${file} is gone`)
  const lines = join(folder, 'results.jsonl')
  rmSync(lines, { force: true })
  await runTestFiles(
    files.filter((file) => !missing.includes(file)),
    [
      { module: new URL('../test-reporter.ts', import.meta.url).href, destination: 'stdout' },
      { module: new URL('./result-reporter.ts', import.meta.url).href, destination: lines },
    ],
  )
  const text = existsSync(lines) ? readFileSync(lines, 'utf8') : ''
  rmSync(lines, { force: true })
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TestResult)
}

/** Reads the given database; without one that of the development system, when it runs. */
async function findScope() {
  const given = values['database-url'] ?? process.env.DATABASE_URL
  if (given !== undefined) return readScope(given)
  const dev = readDevFile(resolve(process.env.FINCORE_DATA_DIR ?? pathInRepository('.fincore')))
  return dev === undefined ? null : readScope(dev.app_database_url).catch(() => null)
}

/** npm knows the components from the lock file and what is installed; it asks nobody. */
function makeSbom(): string | null {
  const run = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: pathInRepository(''),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (run.status === 0) return run.stdout
  console.error('npm could not make the SBOM.')
  return null
}

function describeOrigin(madeAt: string): Origin {
  const git = (...words: string[]) => spawnSync('git', words, { cwd: pathInRepository(''), encoding: 'utf8' })
  const head = git('rev-parse', 'HEAD')
  const isChanged = git('status', '--porcelain').stdout !== ''
  const { version } = JSON.parse(readFileSync(pathInRepository('package.json'), 'utf8')) as { version: string }
  return {
    version,
    commit: head.status === 0 ? `${head.stdout.trim()}${isChanged ? ', with files that differ from it' : ''}` : null,
    node: process.versions.node,
    platform: `${platform()} ${arch()}`,
    madeAt,
  }
}

process.exitCode = await collectEvidence()
