/**
 * `npm run drill:mutants`: weakens the card firewall in ten ways, one after the other, on a copy, and sees that the named
 * tests fail. Exits with 1 when a mutant survives, and with 2 when the drill is void: when the
 * tests fail without a mutant, or do not run with one.
 * Arguments choose mutants by a part of their names.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyMutant, copyRepository, removeCopy } from './apply-mutant.ts'
import { mutants } from './mutants.ts'

/** `failures` are the tests that failed; a file that does not even load has none, and shows nothing. */
type Run = { failed: boolean; failures: string[]; seconds: number }

// A mutant may make a test wait for what never comes.
const runTimeoutMs = 5 * 60_000

function runTests(root: string, files: readonly string[]): Run {
  const startedAt = performance.now()
  const run = spawnSync(process.execPath, ['dev/src/run-tests.ts', ...files], {
    cwd: root,
    encoding: 'utf8',
    timeout: runTimeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, TEST_POSTGRES_URL: undefined },
  })
  const failures = [...run.stdout.matchAll(/^✖ (.+)$/gm)].map(([, name]) => name ?? '')
  const tests = failures.filter((name) => !/\.test\.ts( |$)/.test(name))
  return { failed: run.status !== 0, failures: [...new Set(tests)], seconds: (performance.now() - startedAt) / 1000 }
}

type Outcome = 'caught' | 'SURVIVED' | 'DID NOT RUN'

function judge({ failed, failures }: Run): Outcome {
  if (!failed) return 'SURVIVED'
  return failures.length > 0 ? 'caught' : 'DID NOT RUN'
}

function drillMutants(filters: string[]): number {
  const chosen = mutants.filter(({ name }) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
  if (chosen.length === 0) {
    console.error(`No mutant's name contains ${filters.join(' or ')}.`)
    return 2
  }
  const root = mkdtempSync(join(tmpdir(), 'fincore-mutants-'))
  try {
    copyRepository(root)
    const files = [...new Set(chosen.flatMap(({ caughtBy }) => caughtBy))]
    console.log(`Without a mutant: ${files.length} test files …`)
    const whole = runTests(root, files)
    if (whole.failed) {
      console.error(`The tests fail without a mutant, so the drill shows nothing: ${whole.failures.join('; ')}`)
      return 2
    }
    console.log(`Without a mutant they pass (${whole.seconds.toFixed(1)} s).\n`)
    const outcomes: Outcome[] = []
    for (const mutant of chosen) {
      const undo = applyMutant(mutant, root)
      const run = runTests(root, mutant.caughtBy)
      undo()
      const outcome = judge(run)
      outcomes.push(outcome)
      const [first] = run.failures
      const more = run.failures.length > 1 ? ` (and ${run.failures.length - 1} more)` : ''
      const words = outcome === 'caught' ? `caught by “${first}”${more}` : outcome
      console.log(`${mutant.name.padEnd(36)} ${words}, ${run.seconds.toFixed(1)} s`)
    }
    const count = (outcome: Outcome) => outcomes.filter((each) => each === outcome).length
    console.log(
      `\n${chosen.length} mutants: ${count('caught')} caught, ${count('SURVIVED')} survived, ${count('DID NOT RUN')} did not run.`,
    )
    if (count('DID NOT RUN') > 0) return 2
    return count('SURVIVED') > 0 ? 1 : 0
  } finally {
    removeCopy(root)
  }
}

process.exitCode = drillMutants(process.argv.slice(2))
