import type { EpisodeResult } from './episode.ts'

/** A failed run with as few decisions other than calm as could be found. */
export type Shrunk = { kept: ReadonlySet<string>; result: EpisodeResult; runs: number }

/** More would hardly make it smaller. */
const mostRuns = 600

/**
 * Takes decisions back, half of them at a time, then a quarter, and at last one after the other, as long as the run
 * still fails in the same way.
 */
export async function shrink(
  run: (kept: ReadonlySet<string>) => Promise<EpisodeResult>,
  failed: EpisodeResult,
): Promise<Shrunk> {
  const [first] = failed.violations
  if (first === undefined) throw new Error('A run that did not fail cannot be shrunk')
  const failsLikewise = (result: EpisodeResult) =>
    result.violations.some(({ invariant, harm }) => invariant === first.invariant && harm === first.harm)
  let best: Shrunk = { kept: new Set(failed.taken.keys()), result: failed, runs: 0 }
  let runs = 0
  for (let size = Math.ceil(best.kept.size / 2); size >= 1 && runs < mostRuns; ) {
    let smaller = false
    for (let from = 0; from < best.kept.size && runs < mostRuns; ) {
      const names = [...best.kept]
      const kept = new Set([...names.slice(0, from), ...names.slice(from + size)])
      const result = await run(kept)
      runs++
      if (failsLikewise(result)) {
        // What does not come up any more need not be kept either.
        best = { kept: new Set(names.filter((name) => result.taken.has(name))), result, runs }
        smaller = true
      } else from += size
    }
    if (size === 1 && !smaller) break
    size = size === 1 ? 1 : Math.ceil(size / 2)
  }
  return { ...best, runs }
}
