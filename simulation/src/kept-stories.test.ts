import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { numberOf } from './choices.ts'
import { installClock } from './clock.ts'
import { useStandIns } from './stand-ins.ts'

/**
 * The smallest stories that showed a break of the money path (`dev/src/money/mutants.ts`), kept as regression tests: all
 * that is not calm in them stands in their list. When a change of the simulation makes a decision vanish, the story
 * says nothing any more, so that fails too; then it is to be found anew, by the mutant and `npm run simulate`.
 */
type KeptStory = { breaks: string; harm: string; episode: number; kept: Record<string, string> }

const stories: KeptStory[] = JSON.parse(readFileSync(join(import.meta.dirname, 'kept-stories.json'), 'utf8'))

let draws = 0
useStandIns()
installClock(() => numberOf(1, `random ${draws++}`))
const { runEpisode, seedOf } = await import('./episode.ts')

describe('a story that once showed a break', () => {
  for (const { breaks, harm, episode, kept } of stories) {
    it(`“${breaks}” (${harm}) ends well`, async () => {
      draws = 0
      const names = new Set(Object.keys(kept))
      const { violations, taken } = await runEpisode({ seed: seedOf(1, episode), payments: 8, kept: names })
      assert.deepEqual(violations, [])
      for (const [name, way] of Object.entries(kept)) {
        if (taken.has(name)) assert.equal(taken.get(name), way, name)
      }
      assert.ok(taken.size > 0, 'nothing of the story comes up any more')
    })
  }
})
