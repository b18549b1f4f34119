import type { Deps } from '../deps.ts'
import type { PspAccount, PspReply } from '../psp-gateway/port.ts'
import type { AttemptRow } from '../store/attempts.ts'
import { clockSyncMs } from '../store/database-clock.ts'
import { type Call, sendToAccount } from './send-to-account.ts'

/**
 * All waiting around a PSP call in one place, because the limits hold each other up: a call must have ended before its
 * attempt's lease does, and “not found” may count as proof only after both, or money could be called unmoved while the
 * request that moves it is still on its way.
 */

/** Beyond the PSP's own limit: the intent's commit, the way to the card relay and back, a pause of the process. */
const leaseMarginMs = 4_000
/** A call ends this much before its lease, so that a clock that runs a little fast does not close the gap. */
const beforeLeaseMs = 500
/** A look-up has nothing to decide by waiting long: it is asked again. */
export const lookUpTimeoutMs = 5_000
/** How long a shopper who comes back from the PSP is kept waiting for the truth. */
export const shopperWaitsMs = 3_000

/** Runs from before an attempt's intent is written. */
export type CallClock = {
  /** Until then a living process is expected to bring the outcome. */
  leaseUntil: Date
  /** By the process's own monotonic clock: when the PSP's reply must be there. */
  callEndsBy: number
}

export function startCallClock(deps: Pick<Deps, 'config' | 'now'>): CallClock {
  const lastsMs = callLastsMs(deps)
  return {
    leaseUntil: new Date(deps.now().getTime() + lastsMs),
    callEndsBy: performance.now() + lastsMs - beforeLeaseMs,
  }
}

/** How long the PSP may take, when it is called now; 0 when it is too late to call it at all. */
export function timeLeftMs(deps: Pick<Deps, 'config'>, clock: CallClock): number {
  return Math.max(0, Math.min(deps.config.pspTimeoutMs, Math.floor(clock.callEndsBy - performance.now())))
}

/** Sends a request while there is time for it, and reads the reply; otherwise, truthfully, that nothing was sent. */
export async function sendInTime<Read extends string | { outcome: string }>(
  deps: Deps,
  clock: CallClock,
  account: Pick<PspAccount, 'id' | 'psp'>,
  call: Omit<Call, 'timeoutMs'>,
  read: (reply: PspReply) => Read,
): Promise<Read> {
  const timeoutMs = timeLeftMs(deps, clock)
  return timeoutMs === 0
    ? read({ failure: 'refused', requestWasSent: false })
    : sendToAccount(deps, account, { ...call, timeoutMs }, read)
}

/**
 * PSPs keep an idempotency key for a day at the least (Stripe, “Idempotent requests”: 24 hours; Adyen, “API idempotency”:
 * seven days). An hour less, and a repeat is certain to be one.
 */
const keysLiveMs = 23 * 3_600_000

/** Whether a repeat of the attempt's request, under its key, is sure to act no second time. */
export function keyIsKnown(deps: Pick<Deps, 'now'>, { sent_at }: Pick<AttemptRow, 'sent_at'>): boolean {
  return deps.now().getTime() - sent_at.getTime() < keysLiveMs
}

/**
 * Whether a PSP's “not found” proves that an attempt never acted: only when its call has ended, whoever made it, and
 * the PSP's own consistency window has passed since. An attempt that waits for the shopper, or of which the PSP has named
 * its own id, was found once, so for it “not found” is no proof at all. After a jump of the clock an attempt is not as old
 * as it seems, so as much time has to have passed since the jump; and one round of questions, in which other processes
 * still sent by the old time.
 *
 * @param consistencyWindowMs that of the PSP at which the attempt was made; another PSP's says nothing.
 */
export function provesNothingHappened(
  deps: Pick<Deps, 'config' | 'now' | 'steadyMs'>,
  attempt: Pick<AttemptRow, 'state' | 'sent_at'> & Partial<Pick<AttemptRow, 'psp_reference'>>,
  consistencyWindowMs: number,
): boolean {
  if (attempt.state === 'action_required' || typeof attempt.psp_reference === 'string') return false
  if (deps.steadyMs() < clockSyncMs + callLastsMs(deps) + consistencyWindowMs) return false
  return deps.now().getTime() >= callEndedBy(deps, attempt) + consistencyWindowMs
}

/** By when an attempt's call has ended, whoever made it: the process itself, the card relay, one that was killed. */
export function callEndedBy(deps: Pick<Deps, 'config'>, attempt: Pick<AttemptRow, 'sent_at'>): number {
  return attempt.sent_at.getTime() + callLastsMs(deps)
}

/** From an attempt's intent to the end of its lease. */
function callLastsMs({ config }: Pick<Deps, 'config'>): number {
  return config.pspTimeoutMs + leaseMarginMs
}
