import type { Deps } from '../deps.ts'
import { alertAfterMs } from '../payments/decide-follow-up.ts'
import { type AlertedAttempt, markAlerted } from '../store/attempts.ts'
import { recordAudits } from '../store/audit.ts'
import { inTransaction } from '../store/pool.ts'

/** How many attempts one round tells of. */
const roundSize = 100
/** A log that somebody holds locked must not hold a connection for longer. */
const lockTimeoutMs = 1_000

/**
 * Tells operators, once each, of attempts that have had no outcome for 15 minutes, or until the time by which their PSP
 * was to tell: in the log, and in the audit log. It asks no PSP and waits for no look-up, so a PSP that is away cannot
 * keep an alert from coming.
 *
 * @returns whether there may be more to tell at once.
 */
export async function alertUnresolved(deps: Pick<Deps, 'pool' | 'now' | 'log'>): Promise<boolean> {
  const now = deps.now()
  const before = new Date(now.getTime() - alertAfterMs)
  // The mark and its record are one: without the record the mark is taken back, and the next round alerts.
  const alerted = await inTransaction(deps.pool, async (tx) => {
    await tx.query(`set local lock_timeout = ${lockTimeoutMs}`)
    const attempts = await markAlerted(tx, before, now, roundSize)
    await recordAudits(tx, attempts.map(recordOf))
    return attempts
  })
  for (const attempt of alerted) {
    deps.log.error('an attempt has had no outcome for 15 minutes; an operator must look', {
      attempt: attempt.id,
      merchant: attempt.merchant_id,
    })
  }
  return alerted.length === roundSize
}

function recordOf(attempt: AlertedAttempt) {
  return {
    actorType: 'system',
    actor: 'resolver',
    type: 'attempt.unresolved',
    outcome: 'success',
    origin: 'resolver',
    merchantId: attempt.merchant_id,
    resource: attempt.id,
    details: { lookups: attempt.lookups },
  } as const
}
