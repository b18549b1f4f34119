/**
 * How long a held event waits before it is applied again, in seconds: short at first, because it usually overtook the
 * commit that it is about; after the table's end every hour, for ever. A held event is never dropped.
 */
export const heldRetrySeconds = [1, 2, 5, 15, 60, 300, 900, 3600] as const

/** @param tries how often it was applied before, the first time included. */
export function heldDelaySeconds(tries: number): number {
  return heldRetrySeconds[Math.min(Math.max(tries, 1), heldRetrySeconds.length) - 1] ?? 3600
}
