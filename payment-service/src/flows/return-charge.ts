import type { Deps } from '../deps.ts'
import { digestOf } from '../secrets.ts'
import { findAuthorizeAttempt } from '../store/attempts.ts'
import { type ChargeRow, findCharge, findChargeByReturn } from '../store/charges.ts'
import { isUsableAccount } from '../store/environment.ts'
import { addParameter } from './merchant-url.ts'
import { askWithin } from './poll.ts'
import { lookUpAttempt } from './resolve-attempts.ts'
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
  if (isWaiting(charge)) {
    await askWithin(shopperWaitsMs, async (leftMs) => {
      const attempt = await findAuthorizeAttempt(deps.pool, charge.merchant_id, charge.id)
      if (attempt === null) return 'nothing to ask for'
      const answer = await lookUpAttempt(deps, { ...attempt, kind: 'authorize' }, Math.ceil(leftMs))
      if (answer.found === true) await settleAttempt(deps, attempt.id, answer.outcome)
      const current = await findCharge(deps.pool, charge.merchant_id, charge.id)
      return current !== null && !isWaiting(current) ? 'settled' : null
    })
  }
  return addParameter(charge.return_url, 'charge', charge.id)
}

function isWaiting(charge: ChargeRow): boolean {
  return charge.status === 'processing' || charge.status === 'requires_action'
}
