import { numberOf } from './choices.ts'
import { installClock } from './clock.ts'
import { invariants } from './invariants.ts'
import { shrink } from './shrink.ts'
import { useStandIns } from './stand-ins.ts'

/** Runs one episode again and tells it; one that fails, as small as it can be made. True when every invariant held. */
export async function tellEpisode(which: { seed: number; episode: number; payments: number }): Promise<boolean> {
  let draws = 0
  useStandIns()
  installClock(() => numberOf(which.seed, `random ${draws++}`))
  const { runEpisode, seedOf } = await import('./episode.ts')
  const run = (kept?: ReadonlySet<string>, trace?: (line: string) => void) => {
    draws = 0
    const seed = seedOf(which.seed, which.episode)
    return runEpisode({ seed, payments: which.payments, ...(kept && { kept }), ...(trace && { trace }) })
  }
  const first = await run()
  if (first.violations.length === 0) {
    await run(undefined, console.log)
    console.log(`\nEpisode ${which.episode} of seed ${which.seed}: every invariant held.`)
    return true
  }
  const { kept, result, runs } = await shrink((some) => run(some), first)
  console.log(`Episode ${which.episode} of seed ${which.seed} failed; made smaller in ${runs} runs.\n`)
  console.log(`What was not calm (${kept.size} of ${first.taken.size} decisions):`)
  for (const [name, way] of result.taken) console.log(`  ${name}: ${way}`)
  console.log('\nWhat happened:')
  await run(kept, console.log)
  console.log('\nWhat is wrong:')
  for (const { invariant, harm, story, what } of result.violations) {
    console.log(`  ${invariant} (${invariants[invariant]}) ${harm}, ${story}: ${what}`)
  }
  return false
}
