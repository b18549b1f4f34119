import { setTimeout as sleep } from 'node:timers/promises'

/** A look-up may take 5 s, another one may be under way before it, and a worker comes by within one. */
const waitMs = 11_500
const pauseMs = 100

/**
 * Reads again until a worker has done what was asked of it; null when that takes too long. The admin API calls no PSP,
 * so that its process needs no way to one.
 */
export async function waitForWorker<T>(read: () => Promise<T>, isDone: (current: T) => boolean): Promise<T | null> {
  for (const endsAt = performance.now() + waitMs; performance.now() < endsAt; await sleep(pauseMs)) {
    const current = await read()
    if (isDone(current)) return current
  }
  return null
}
