import type { Deps } from '../deps.ts'
import type { Said } from '../payments/look-up-words.ts'
import { digestOf } from '../secrets.ts'
import { findAuthorizeAttempt } from '../store/attempts.ts'
import { type ChargeRow, findCharge, findChargeByReturn } from '../store/charges.ts'
import { isUsableAccount } from '../store/environment.ts'
import { recordLookUp } from '../store/look-ups.ts'
import { lookUpAttempt } from './look-up-attempt.ts'
import { addParameter } from './merchant-url.ts'
import { askWithin } from './poll.ts'
import { settleAttempt } from './settle-attempt.ts'
import { shopperWaitsMs } from './time-limits.ts'

/**
 * The shopper comes back from confirming a charge with their bank (3-D Secure): asks the PSP what became of it, bounded
 * at 3 s, and says where the merchant wants the shopper. Null when no charge has this link.
 */
export async function returnFromBank(deps: Deps, token: string): Promise<string | null> {
  if (!/^[\w-]{43}$/.test(token)) return null
  const charge = await findChargeByReturn(deps.pool, digestOf(token))
  if (charge === null || charge.return_url === null) return null
  if (!isUsableAccount(deps.config.environment, charge.psp)) return null
  if (isWaiting(charge)) await askForOutcome(deps, charge)
  return addParameter(charge.return_url, 'charge', charge.id)
}

/** However often the PSP is asked meanwhile, it is one look-up in the attempt's record: the last answer. */
async function askForOutcome(deps: Deps, charge: ChargeRow): Promise<void> {
  const attempt = await findAuthorizeAttempt(deps.pool, charge.merchant_id, charge.id)
  if (attempt === null) return
  const at = deps.now().toISOString()
  const begunAt = performance.now()
  let last: Said = { said: 'timeout', why: null }
  await askWithin(shopperWaitsMs, async (leftMs) => {
    const { answer, said, why } = await lookUpAttempt(deps, { ...attempt, kind: 'authorize' }, Math.ceil(leftMs))
    last = { said, why }
    if (answer.found === true) await settleAttempt(deps, attempt.id, answer.outcome)
    const current = await findCharge(deps.pool, charge.merchant_id, charge.id)
    return current !== null && !isWaiting(current) ? 'settled' : null
  })
  const ms = Math.round(performance.now() - begunAt)
  await recordLookUp(deps.pool, attempt, { at, by: 'return of the shopper', ms, ...last }, null)
}

function isWaiting(charge: ChargeRow): boolean {
  return charge.status === 'processing' || charge.status === 'requires_action'
}
