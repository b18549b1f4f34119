import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import type { PspAccount } from '../psp-gateway/port.ts'
import type { PspPlace } from '../psp-gateway/psp-places.ts'
import { insertAttempt, setAttemptState } from '../store/attempts.ts'
import { lockCharge, updateCharge } from '../store/charges.ts'
import { inTransaction } from '../store/pool.ts'
import type { Callable } from './begin-charge.ts'
import { type CardTerms, findLackOf } from './card-terms.ts'
import { startCallClock } from './time-limits.ts'

/**
 * Moves a charge to the merchant's next PSP account, on proof that the one before did not act. Durable before the next
 * call: the first attempt is settled as never executed, and the second written, in one transaction.
 *
 * @param place taken for the account; the caller ends it when the call is over. Ended here when there is none.
 * @returns null when no other account can take the card on its terms, or when the charge changed meanwhile.
 */
export async function switchAccount(
  deps: Deps,
  { begun, terms, triedAccounts }: { begun: Callable; terms: CardTerms; triedAccounts: readonly string[] },
  place: PspPlace,
): Promise<{ begun: Callable; account: PspAccount } | null> {
  const accounts = await deps.directory.listPspAccounts(begun.charge.merchant_id)
  const account = accounts.find(
    (candidate) =>
      !triedAccounts.includes(candidate.id) &&
      findLackOf(deps.psps[candidate.psp], terms) === null &&
      place.take(candidate.id),
  )
  if (account === undefined) return null
  const attemptId = newId('attempt')
  const clock = startCallClock(deps)
  const now = deps.now()
  const moved = await inTransaction(deps.pool, async (tx) => {
    const charge = await lockCharge(tx, begun.charge.merchant_id, begun.charge.id)
    if (charge?.status !== 'processing') return null
    const next = { ...charge, psp_account_id: account.id, psp: account.psp, updated_at: now }
    await setAttemptState(
      tx,
      { merchant_id: charge.merchant_id, id: begun.attemptId },
      { state: 'rejected', nextLookUpAt: null },
    )
    await updateCharge(tx, next)
    await insertAttempt(tx, {
      merchant_id: charge.merchant_id,
      id: attemptId,
      kind: 'authorize',
      psp_account_id: account.id,
      charge_id: charge.id,
      amount: charge.amount,
      leaseUntil: clock.leaseUntil,
    })
    return { begun: { ...begun, charge: next, attemptId, clock }, account }
  }).catch((error: unknown) => {
    place.end()
    throw error
  })
  if (moved === null) place.end()
  return moved
}
