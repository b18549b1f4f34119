import type * as real from '@fincore/payment-service/jobs/run-every'
import { describeError } from '@fincore/payment-service/log'
import { onStage } from '../stage.ts'

/** As the real one, in virtual time: rounds that would find nothing are skipped. */
export const runEvery: typeof real.runEvery = (ms, name, work, { log }) => {
  const { clock, dueOf, isAlive } = onStage()
  let stopped = false
  let again = false
  let running: Promise<void> | null = null
  const round = {
    earliest: clock.now(),
    due: () => (isAlive(log) ? dueOf(name) : Number.POSITIVE_INFINITY),
    start() {
      again = false
      round.earliest = Number.POSITIVE_INFINITY
      running = work()
        .catch((error) => log.error('a round of a job failed', { reason: name, error: describeError(error) }))
        .then(() => {
          running = null
          if (stopped) return
          if (again) round.start()
          else round.earliest = clock.now() + ms * (0.9 + Math.random() * 0.2)
        })
    },
  }
  const remove = clock.addRound(round)
  return {
    wake() {
      if (stopped) return
      if (running === null) round.start()
      else again = true
    },
    async stop() {
      stopped = true
      remove()
      await running
    },
  }
}

export const waitAtMost: typeof real.waitAtMost = async (_ms, underWay) => void (await underWay)
