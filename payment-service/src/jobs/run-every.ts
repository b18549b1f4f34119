import { AsyncLocalStorage } from 'node:async_hooks'
import { describeError, type Log } from '../log.ts'
import type { JobName } from '../observability/labels.ts'
import type { Metrics } from '../observability/metrics.ts'

export type Job = {
  /** Asks for a round at once; while one runs, for another right after it. */
  wake(): void
  /** Starts no further round, and waits for the running one, at most `withinMs`: 8 s, which is long for SQL alone. */
  stop(withinMs?: number): Promise<void>
}

const stopWithinMs = 8_000

/**
 * Does `work` again and again, about every `ms` milliseconds. Rounds never overlap. The pause varies by a tenth, so that
 * several processes do not come to the database in step. A round that throws is logged, and the next one comes.
 */
export function runEvery(
  ms: number,
  name: JobName,
  work: () => Promise<unknown>,
  { log, metrics }: { log: Log; metrics: Metrics },
): Job {
  let stopped = false
  let running: Promise<void> | null = null
  let again = false
  let timer: NodeJS.Timeout | undefined

  const runRound = async (): Promise<void> => {
    const begunAt = performance.now()
    try {
      await work()
      metrics.observe('fincore_job_round_duration_seconds', { task: name }, (performance.now() - begunAt) / 1_000)
    } catch (error) {
      metrics.count('fincore_job_failures_total', { task: name })
      log.error('a round of a job failed', { reason: name, error: describeError(error) })
    }
  }
  // Who wakes it may be a request, and what it does is not of that one: its log lines and spans must not say so.
  const inOwnContext = AsyncLocalStorage.snapshot()
  const start = (): void => {
    clearTimeout(timer)
    again = false
    running = inOwnContext(runRound).then(() => {
      running = null
      if (stopped) return
      if (again) start()
      else timer = setTimeout(start, ms * (0.9 + Math.random() * 0.2))
    })
  }
  start()
  return {
    wake() {
      if (stopped) return
      if (running === null) start()
      else again = true
    },
    async stop(withinMs = stopWithinMs) {
      stopped = true
      clearTimeout(timer)
      if (running !== null) await waitAtMost(withinMs, running, name, log)
    },
  }
}

/** Waits for what a job has under way; when it takes longer, logs that it is left, and what it had taken comes again. */
export async function waitAtMost(ms: number, underWay: Promise<unknown>, name: string, log: Log): Promise<void> {
  let limit: NodeJS.Timeout | undefined
  const tooLong = new Promise<void>((resolve) => {
    limit = setTimeout(() => {
      log.warn('a job was left while it was running', { reason: name })
      resolve()
    }, ms)
  })
  await Promise.race([underWay, tooLong])
  clearTimeout(limit)
}
