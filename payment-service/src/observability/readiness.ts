import { within } from '../within.ts'

/** Why requests are to be sent elsewhere for now. */
export type NotReady = 'draining' | 'database'

/** Whether this process should be sent requests, as `GET /health/ready` tells a load balancer. */
export type Readiness = {
  /** From now on, for good: the process is about to end. What still comes is done all the same. */
  drain(): void
  /** Null when requests may come. Asks the database, at most once a second, and never waits long for it. */
  findObstacle(): Promise<NotReady | null>
}

/** For what nobody sends requests to, as a command. */
export const alwaysReady: Readiness = { drain: () => {}, findObstacle: async () => null }

/** Several who ask within this time are told the same, so that asking often costs the database nothing. */
const rememberedMs = 1_000
/** A load balancer waits 2 to 5 s for an answer; a database that takes longer than this is away for whoever pays. */
const answerWithinMs = 2_000

/**
 * @param askDatabase rejects when the database cannot be used. One question at a time: one that hangs is waited for, and
 *   not asked again beside it.
 * @param now a clock in milliseconds that never goes back.
 */
export function createReadiness(
  askDatabase: () => Promise<unknown>,
  now: () => number = () => performance.now(),
): Readiness {
  let isDraining = false
  let known = { at: Number.NEGATIVE_INFINITY, isAway: false }
  let asking: Promise<boolean> | null = null

  const ask = (): Promise<boolean> => {
    asking ??= askDatabase()
      .then(
        () => false,
        () => true,
      )
      .finally(() => {
        asking = null
      })
    return asking
  }
  return {
    drain() {
      isDraining = true
    },
    async findObstacle() {
      if (!isDraining && now() - known.at >= rememberedMs) {
        const isAway = await within(answerWithinMs, ask(), true)
        known = { at: now(), isAway }
      }
      // After the question, because draining may have begun meanwhile.
      return isDraining ? 'draining' : known.isAway ? 'database' : null
    },
  }
}
