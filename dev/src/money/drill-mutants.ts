/**
 * `npm run drill:money`: breaks the money path in each of the table's ways, one after the other, on a copy, and sees
 * that the simulation or a drill fails. Exits with 1 when a mutant survives, and with 2 when the drill is void: when a
 * command fails without a mutant, or does not run with one. Arguments choose mutants by a part of their names.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyMutant, copyRepository, removeCopy } from '../pci/apply-mutant.ts'
import { moneyMutants } from './mutants.ts'

const runTimeoutMs = 10 * 60_000

type Run = { status: number | null; says: string; seconds: number }

function run(root: string, command: string): Run {
  const startedAt = performance.now()
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', ...command.split(' ')], {
    cwd: root,
    encoding: 'utf8',
    timeout: runTimeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, TEST_POSTGRES_URL: undefined },
  })
  return { status, says: findHarm(stdout + stderr), seconds: (performance.now() - startedAt) / 1000 }
}

/** What the command said was wrong, in a few words: harms with their counts, or the tests that failed. */
function findHarm(output: string): string {
  const counts = [...output.matchAll(/^(lost|doubled|wrong amount|guessed|reversed|untold|unresolved) +([1-9]\d*)$/gm)]
  // What a drill gives as its reasons, and the tests that failed.
  const tests = [...output.matchAll(/^(?:✖|-) (.+?)(?: \(.*\))?$/gm)].map(([, name]) => name)
  return counts.length > 0
    ? counts.map(([, harm, count]) => `${harm} ${count}`).join(', ')
    : [...new Set(tests)].join('; ')
}

function drill(filters: readonly string[]): number {
  const chosen = moneyMutants.filter(({ name }) => filters.length === 0 || filters.some((one) => name.includes(one)))
  if (chosen.length === 0) {
    console.error(`No mutant's name contains ${filters.join(' or ')}.`)
    return 2
  }
  const root = mkdtempSync(join(tmpdir(), 'fincore-mutants-'))
  try {
    copyRepository(root)
    for (const command of new Set(chosen.map(({ caughtBy }) => caughtBy))) {
      const whole = run(root, command)
      if (whole.status !== 0) {
        console.error(`Without a mutant “npm run ${command}” ends with ${whole.status}: ${whole.says}`)
        return 2
      }
      console.log(`Without a mutant “npm run ${command}” passes (${whole.seconds.toFixed(0)} s).`)
    }
    const counts = { caught: 0, survived: 0, void: 0 }
    for (const mutant of chosen) {
      const undo = applyMutant(mutant, root)
      const { status, says, seconds } = run(root, mutant.caughtBy)
      undo()
      const outcome = status === 0 ? 'survived' : status === 1 && says !== '' ? 'caught' : 'void'
      counts[outcome]++
      console.log(
        `${mutant.name.padEnd(60)} ${outcome === 'caught' ? says : outcome.toUpperCase()}, ${seconds.toFixed(0)} s`,
      )
    }
    console.log(
      `\n${chosen.length} mutants: ${counts.caught} caught, ${counts.survived} survived, ${counts.void} did not run.`,
    )
    return counts.void > 0 ? 2 : counts.survived > 0 ? 1 : 0
  } finally {
    removeCopy(root)
  }
}

process.exitCode = drill(process.argv.slice(2))
