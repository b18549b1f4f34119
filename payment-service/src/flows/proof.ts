import type { Deps } from '../deps.ts'
import type { AttemptRow } from '../store/attempts.ts'

/**
 * Whether a PSP's “not found” proves that an attempt never acted: only when the request can no longer be on its way,
 * and the longest consistency window of the PSPs has passed since. An attempt that waits for the shopper was found
 * once, so for it “not found” is no proof at all.
 */
export function provesNothingHappened(deps: Deps, attempt: Pick<AttemptRow, 'state' | 'sent_at'>): boolean {
  if (attempt.state === 'action_required') return false
  const windowMs = Math.max(...Object.values(deps.psps).map((psp) => psp.consistencyWindowMs))
  return deps.now().getTime() >= attempt.sent_at.getTime() + deps.config.pspTimeoutMs + windowMs
}
