import type { TestResult } from '../pci/result-reporter.ts'

/** Tests by the file that they stand in. */
export type Named = { file: string; name: string }

/** By file, tests that must fail, since they say how the schema is and not what the code does with it. */
export type Listed = Readonly<Record<string, readonly string[]>>

/** What the drill of the previous version's suite ran. */
export type PreviousRuns = {
  files: readonly string[]
  /** Every file, several at a time. */
  together: readonly TestResult[]
  /** Each file of which something failed, once more and by itself. */
  alone: readonly TestResult[]
  /** Each file that failed there too, by itself on the schema that its version was made for. */
  onItsOwnSchema: readonly TestResult[]
}

export type Judgement = {
  passed: number
  /** Passed only when their file ran by itself: on a busy machine a test may be late. */
  late: Named[]
  /** Failed, as they are listed to. */
  differ: Named[]
  /** Passed, although they are listed to fail: the schema is another one than the list is about. */
  alike: Named[]
  /** Passed on the schema of their own version, and fail on this one: it must not be released. */
  broken: Named[]
  /** Fail on the schema of their own version as well: they say nothing of this one. */
  undecided: Named[]
}

export function judgePrevious(runs: PreviousRuns, listed: Listed): Judgement {
  const { files, together, alone, onItsOwnSchema } = runs
  const again = new Set(alone.map(({ file }) => file))
  // What failed is forgiven only when it was seen to pass: a file may end before it comes to that test again.
  const untold = together.filter((one) => !one.passed && one.name !== one.file && !isAt(alone)(one))
  const last = [
    ...together.filter(({ file }) => !again.has(file)),
    ...alone,
    ...untold.filter(({ file }) => again.has(file)),
  ]
  const failed = last.filter(({ passed }) => !passed)
  const unexpected = named(failuresNotListed(last, listed))
  const failedThere = isAt(onItsOwnSchema.filter(({ passed }) => !passed))
  const failedTogether = together.filter(({ passed }) => !passed)
  return {
    passed: last.length - failed.length,
    late: named(failedTogether.filter((one) => !isExplained(one, failedTogether) && !isAt(failed)(one))),
    differ: named(failed.filter((one) => isIn(listed, one))),
    alike: files.flatMap((file) =>
      (listed[file] ?? []).map((name) => ({ file, name })).filter((one) => !isAt(failed)(one)),
    ),
    broken: unexpected.filter((one) => !failedThere(one)),
    undecided: unexpected.filter(failedThere),
  }
}

/** The files of which a test failed that is not listed to: those that are run once more. */
export function filesToRepeat(results: readonly TestResult[], listed: Listed): string[] {
  return [...new Set(failuresNotListed(results, listed).map(({ file }) => file))]
}

function failuresNotListed(results: readonly TestResult[], listed: Listed): TestResult[] {
  const failed = results.filter(({ passed }) => !passed)
  return failed.filter((one) => !isIn(listed, one) && !isExplained(one, failed))
}

const isIn = (listed: Listed, { file, name }: Named): boolean => listed[file]?.includes(name) === true

const isAt = (list: readonly Named[]) => (one: Named) =>
  list.some(({ file, name }) => file === one.file && name === one.name)

const named = (results: readonly Named[]): Named[] => results.map(({ file, name }) => ({ file, name }))

/** A file fails with its tests, and is told of only when none of them says why. */
function isExplained({ file, name }: Named, failed: readonly Named[]): boolean {
  return name === file && failed.some((other) => other.file === file && other.name !== file)
}
