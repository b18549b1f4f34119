import { type Control, controls } from './controls.ts'
import type { TestResult } from './result-reporter.ts'
import { isNamed } from './test-names.ts'

export type JudgedTest = { file: string; name: string; runs: number; failed: number }
/**
 * `shown`: every named test ran and passed. `failed`: one failed. `incomplete`: one did not run. `operator`: nothing of it
 * is software.
 */
export type Verdict = 'shown' | 'failed' | 'incomplete' | 'operator'
export type JudgedControl = Control & { verdict: Verdict; tests: JudgedTest[] }

/** Holds the results of a run against the table of controls. */
export function judgeControls(results: readonly TestResult[], table: readonly Control[] = controls): JudgedControl[] {
  return table.map((control) => {
    const tests = (control.shownBy ?? []).flatMap(({ file, tests }) =>
      tests.map((name) => {
        const ran = results.filter((result) => result.file === file && isNamed(result.name, name))
        return { file, name, runs: ran.length, failed: ran.filter(({ passed }) => !passed).length }
      }),
    )
    return { ...control, verdict: judge(tests), tests }
  })
}

function judge(tests: readonly JudgedTest[]): Verdict {
  if (tests.length === 0) return 'operator'
  if (tests.some(({ failed }) => failed > 0)) return 'failed'
  return tests.some(({ runs }) => runs === 0) ? 'incomplete' : 'shown'
}
