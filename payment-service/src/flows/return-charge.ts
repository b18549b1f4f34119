import type { Deps } from '../deps.ts'
import type { Said } from '../payments/look-up-words.ts'
import { digestOf } from '../secrets.ts'
import { type AttemptRow, findAuthorizeAttempt } from '../store/attempts.ts'
import { type ChargeRow, findCharge, findChargeByReturn } from '../store/charges.ts'
import { recordLookUp } from '../store/look-ups.ts'
import { lookUpAttempt } from './look-up-attempt.ts'
import { addParameter } from './merchant-url.ts'
import { askWithin } from './poll.ts'
import { doubtAttempt, settleAttempt } from './settle-attempt.ts'
import { shopperWaitsMs } from './time-limits.ts'

/**
 * The shopper comes back from confirming a charge with their bank (3-D Secure): has the PSP go on where it waits for
 * that, asks it what became of the charge, bounded at 3 s, and says where the merchant wants the shopper. Null when no
 * charge has this link.
 *
 * @param query what the bank's page added to the return address; whoever has the link can write anything there.
 */
export async function returnFromBank(
  deps: Deps,
  token: string,
  query: Readonly<Record<string, string>>,
): Promise<string | null> {
  if (!/^[\w-]{43}$/.test(token)) return null
  const charge = await findChargeByReturn(deps.pool, digestOf(token))
  if (charge === null || charge.return_url === null) return null
  if ((await deps.directory.findPspAccount(charge.psp_account_id)) === null) return null
  if (isWaiting(charge)) await findOutcome(deps, charge, query)
  return addParameter(charge.return_url, 'charge', charge.id)
}

async function findOutcome(deps: Deps, charge: ChargeRow, query: Readonly<Record<string, string>>): Promise<void> {
  const attempt = await findAuthorizeAttempt(deps.pool, charge.merchant_id, charge.id)
  if (attempt === null || (await finishAction(deps, charge, attempt, query))) return
  await askForOutcome(deps, charge, attempt)
}

/**
 * Has the PSP go on with a payment that the shopper has confirmed, where it does not by itself. That call is the payment,
 * so it may take as long as one. Its reply is believed about this payment alone: the adapter compares it with what was
 * asked, so what the bank's page said of another payment is `unknown`. That the PSP rejected the call says nothing of the
 * payment: a query that was forged, is too old or was used before is rejected so. Without an answer the payment is in
 * doubt.
 *
 * @returns whether the outcome is known now.
 */
async function finishAction(
  deps: Deps,
  charge: ChargeRow,
  attempt: AttemptRow,
  query: Readonly<Record<string, string>>,
): Promise<boolean> {
  const account = await deps.directory.findPspAccount(attempt.psp_account_id)
  if (account === null) throw new Error('An attempt has lost its PSP account')
  const { payments } = deps.psps[account.psp]
  const request = payments.finishAction?.(account, { reference: attempt.id, query }) ?? null
  if (request === null) return false
  // It does not count in how the PSP does: a shopper's forged query must not stop all other payments at the account.
  const reply = await deps.send(request, deps.config.pspTimeoutMs)
  const amount = { amount: charge.amount, currency: charge.currency }
  const asked = { reference: attempt.id, amount, mustName: true } as const
  const outcome = payments.readReply('authorize', reply, asked)
  if (outcome.outcome === 'rejected') return false
  if (outcome.outcome === 'unknown') await doubtAttempt(deps, attempt)
  const settled = await settleAttempt(deps, attempt.id, outcome)
  return settled !== null && !isWaiting(settled.charge)
}

/** However often the PSP is asked meanwhile, it is one look-up in the attempt's record: the last answer. */
async function askForOutcome(deps: Deps, charge: ChargeRow, attempt: AttemptRow): Promise<void> {
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
