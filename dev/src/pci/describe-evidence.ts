import { table } from '../doc-page.ts'
import type { JudgedControl, Verdict } from './judge-controls.ts'
import type { TestResult } from './result-reporter.ts'

/** Of what the evidence was made. */
export type Origin = {
  version: string
  /** The commit, with a mark when files differ from it; null outside of a repository. */
  commit: string | null
  node: string
  platform: string
  madeAt: string
}

const verdictWords: Record<Verdict, string> = {
  shown: 'shown by tests',
  failed: '**a test failed**',
  incomplete: '**a test did not run**',
  operator: 'the operator’s',
}

/** `README.md` of the evidence: what it is of, and the requirements at a glance. */
export function describeEvidence(
  origin: Origin,
  controls: readonly JudgedControl[],
  results: readonly TestResult[],
  files: Record<string, string>,
): string {
  const count = (verdict: Verdict) => controls.filter((control) => control.verdict === verdict).length
  const runs = controls.flatMap(({ tests }) => tests).reduce((sum, test) => sum + test.runs, 0)
  return [
    '# Evidence for PCI DSS v4.0.1',
    '',
    table(
      ['Of', ''],
      [
        ['FinCore', origin.version],
        ['Commit', origin.commit ?? 'unknown'],
        ['Run on', `Node ${origin.node}, ${origin.platform}`],
        ['Made at', origin.madeAt],
        ['Tests named by the controls', String(runs)],
      ],
    ),
    '',
    `${controls.length} rows of requirements: ${count('shown')} shown by tests, ${count('operator')} the operator’s alone, ${count('failed')} with a failed test, ${count('incomplete')} with a test that did not run.`,
    describeFailures(results),
    '',
    'Tests are evidence, and no certification. Many rows have a part that is the operator’s: [operator.md](operator.md).',
    '',
    '## What is in this folder',
    '',
    table(
      ['File', 'What it is'],
      Object.entries(files).map(([file, about]) => [`[${file}](${file})`, about]),
    ),
    '',
    '## The requirements',
    '',
    table(
      ['Requirements', 'What is asked', 'Result', 'Tests that ran'],
      controls.map((control) => [
        control.requirements.join(', '),
        control.asks,
        verdictWords[control.verdict],
        String(control.tests.reduce((sum, test) => sum + test.runs, 0)),
      ]),
    ),
    '',
  ].join('\n')
}

/** Every failure, also of tests that no control names: they stand in the same files. */
function describeFailures(results: readonly TestResult[]): string {
  const failed = results.filter(({ passed }) => !passed)
  const names = failed.map(({ file, name }) => `“${name}” of \`${file}\``)
  return `In the files of these tests ${results.length} tests and groups ran; ${failed.length} failed${failed.length === 0 ? '' : `: ${names.join('; ')}`}.`
}

/** `controls.md` of the evidence: each requirement with its tests and their results. */
export function describeResults(controls: readonly JudgedControl[]): string {
  return [
    '# Requirements, tests, results',
    '',
    ...controls.flatMap((control) => [
      `## ${control.requirements.join(', ')}: ${verdictWords[control.verdict]}`,
      '',
      control.asks,
      '',
      `**FinCore:** ${control.answer}`,
      '',
      ...(control.operator === undefined ? [] : [`**The operator:** ${control.operator}`, '']),
      ...(control.tests.length === 0
        ? []
        : [
            table(
              ['Test file', 'Test', 'Ran', 'Failed'],
              control.tests.map(({ file, name, runs, failed }) => [`\`${file}\``, name, String(runs), String(failed)]),
            ),
            '',
          ]),
    ]),
  ].join('\n')
}

/** `operator.md` of the evidence: what code cannot show. */
export function describeOperator(controls: readonly JudgedControl[]): string {
  return [
    '# What the operator does',
    '',
    'What FinCore’s code cannot do or show, by requirement.',
    '',
    table(
      ['Requirements', 'What is asked', 'The operator'],
      controls.flatMap(({ requirements, asks, operator }) =>
        operator === undefined ? [] : [[requirements.join(', '), asks, operator]],
      ),
    ),
    '',
  ].join('\n')
}
