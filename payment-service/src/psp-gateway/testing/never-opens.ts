import type { BreakerLimits } from '../psp-health.ts'

/** For tests that break a PSP again and again, and are about what comes after the choice of an account. */
export const neverOpens: BreakerLimits = {
  inARow: Number.POSITIVE_INFINITY,
  ratio: 2,
  windowCalls: 20,
  windowMs: 60_000,
  openMs: 0,
  longestOpenMs: 0,
  trialMs: 0,
}
