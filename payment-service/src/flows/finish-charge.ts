import type { Deps } from '../deps.ts'
import { decideCharge } from '../payments/decide-charge.ts'
import { attemptStateOf, expectedByOf, nextLookUpDelayMs } from '../payments/decide-follow-up.ts'
import type { Outcome } from '../psp-gateway/port.ts'
import { applyChange, findCharge, renderCharge } from '../store/charges.ts'
import { makeEvent } from '../store/events.ts'
import type { Begun } from './begin-charge.ts'
import type { Answer } from './replay.ts'
import { settleAttempt } from './settle-attempt.ts'

/**
 * The second durable write of every charge: what the PSP answered, the event that tells it, and the answer for repeats,
 * in one statement. When a webhook was faster, its state stands and is answered.
 */
export async function finishCharge(deps: Deps, begun: Begun, outcome: Outcome): Promise<Answer> {
  const now = deps.now()
  const decision = decideCharge(begun.charge, outcome)
  const change = decision.kind === 'change' ? decision.change : null
  if (decision.kind === 'contradiction')
    deps.log.error('a PSP’s reply makes no sense; it is looked up', { attempt: begun.attemptId, reason: decision.why })
  const charge = change === null ? { ...begun.charge, updated_at: now } : applyChange(begun.charge, change, now)
  const state = change === null ? 'unknown' : attemptStateOf(outcome)
  const settled = change !== null && state !== 'action_required'
  const body = renderCharge(charge)
  const written = await deps.hotPath.outcomes.submit({
    charge,
    attemptId: begun.attemptId,
    attemptState: state,
    nextLookUpAt: settled ? null : new Date(now.getTime() + nextLookUpDelayMs(state, 0)),
    expectedBy: settled ? null : expectedByOf(outcome, now),
    event: change === null ? null : makeEvent(change.eventType, charge.merchant_id, body, charge.sequence, now),
    idempotencyKey: begun.idempotencyKey,
    responseStatus: 201,
    responseBody: change === null ? null : JSON.stringify(body),
  })
  if (written) {
    deps.wakeOutbox()
    return { status: 201, body, replayed: false }
  }
  await settleAttempt(deps, begun.attemptId, outcome, {
    key: begun.idempotencyKey,
    render: (current) => ({ status: 201, body: current.status === 'processing' ? null : renderCharge(current) }),
  })
  const current = await findCharge(deps.pool, charge.merchant_id, charge.id)
  if (current === null) throw new Error('A charge is gone')
  return { status: 201, body: renderCharge(current), replayed: false }
}
