import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inTransaction, type Pool } from '@fincore/payment-service/store/pool'
import { statements } from './statements.ts'
import { type Operation, operationNames, operations } from './testing/operations.ts'
import { makeRandom } from './testing/random.ts'
import { createTwin, inOrder, type Outcome, outcomeOf, readBoth, type Twin, tableNames } from './testing/twin.ts'

type Db = Parameters<ReturnType<Operation>>[0]
type Step = { names: string[]; run(pool: Pool): Promise<unknown>; afterMs: number }

const seeds = [1, 2, 3]
const stepsPerSeed = 600
/** After so many, other rows come into play. */
const stepsPerEpoch = 60
const day = 86_400_000

/** What each step does is drawn before it runs, so that both sides get the same. */
function drawStep(random: ReturnType<typeof makeRandom>, now: Date, epoch: number): Step {
  const draw = { ...random, now, epoch }
  const one = () => {
    const name = random.of(operationNames)
    return { name, run: (operations[name] as Operation)(draw) }
  }
  const afterMs = random.chance(0.01) ? 30 * day : random.below(4) * 1_000
  if (random.chance(0.6)) {
    const { name, run } = one()
    return { names: [name], run: (pool) => run(pool as Db), afterMs }
  }
  const calls = Array.from({ length: 1 + random.below(4) }, one)
  const isTakenBack = random.chance(0.2)
  const run = (pool: Pool) =>
    inTransaction(pool, async (tx) => {
      const results: unknown[] = []
      for (const call of calls) results.push(comparable(await call.run(tx as Db)))
      if (isTakenBack) throw new Error('taken back')
      return results
    })
  return { names: calls.map(({ name }) => name), run, afterMs }
}

/** Rows come in no particular order where a statement promises none. */
function comparable(result: unknown): unknown {
  return Array.isArray(result) && result.every((row) => typeof row === 'object' && row !== null)
    ? inOrder(result)
    : result
}

describe('the stand-in for PostgreSQL', { concurrency: false }, () => {
  const succeeded = new Set<string>()
  for (const seed of seeds) {
    describe(`in a random sequence of statements, seed ${seed}`, () => {
      let twin: Twin
      before(async () => {
        twin = await createTwin()
      })
      after(() => twin.close())

      it('answers as PostgreSQL does, and ends with the same rows', async () => {
        const random = makeRandom(seed)
        const pool = twin.open(({ phase, what }) => void (phase === 'after' && succeeded.add(what)))
        for (let step = 0; step < stepsPerSeed; step++) {
          const { names, run, afterMs } = drawStep(random, twin.now, Math.floor(step / stepsPerEpoch))
          const [real, stand] = [await outcomeOf(run(twin.real)), await outcomeOf(run(pool))]
          const where = `seed ${seed}, step ${step}: ${names.join(', ')}`
          assert.deepEqual(showOutcome(stand), showOutcome(real), where)
          await twin.setClock(new Date(twin.now.getTime() + afterMs))
        }
        for (const table of tableNames) {
          const { stand, real } = await readBoth(twin, table)
          assert.deepEqual(stand, real, table)
        }
      })
    })
  }

  it('was asked for everything that it knows', () => {
    const known = [...statements.values()].map(({ what }) => what)
    assert.deepEqual(
      known.filter((what) => !succeeded.has(what)),
      [],
    )
  })
})

const showOutcome = (outcome: Outcome) => ('result' in outcome ? { result: comparable(outcome.result) } : outcome)
