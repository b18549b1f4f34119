/**
 * The value of `Server-Timing` (W3C), in milliseconds.
 *
 * @param allMs since the request's headers had arrived, the caller's time for sending its body included.
 * @param pspMs what of it was spent on waiting for PSPs; null, and left out, where none was called.
 */
export function serverTiming(allMs: number, pspMs: number | null): string {
  const own = `fincore;dur=${Math.max(0, allMs - (pspMs ?? 0)).toFixed(1)}`
  return pspMs === null ? own : `${own}, psp;dur=${pspMs.toFixed(1)}`
}
