import { setTimeout as sleep } from 'node:timers/promises'

const pauseMs = 300

/**
 * Asks again and again until there is an answer or the time is over; null when it is. Each question is told how much
 * time is left, in milliseconds.
 */
export async function askWithin<T>(
  limitMs: number,
  ask: (leftMs: number, passedMs: number) => Promise<T | null>,
): Promise<T | null> {
  const start = performance.now()
  for (;;) {
    const passedMs = performance.now() - start
    const leftMs = limitMs - passedMs
    if (leftMs <= pauseMs / 2) return null
    const ended = new AbortController()
    const answer = await Promise.race([
      ask(leftMs, passedMs),
      sleep(leftMs, null, { signal: ended.signal }).catch(() => null),
    ])
    ended.abort()
    if (answer !== null) return answer
    await sleep(Math.min(pauseMs, Math.max(0, limitMs - (performance.now() - start))))
  }
}
