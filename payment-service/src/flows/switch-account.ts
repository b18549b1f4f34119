import { routingVerdicts } from '@fincore/api-contract/routing-verdicts'
import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import type { Considered, Routing } from '../payments/route.ts'
import type { PspPlace } from '../psp-gateway/psp-places.ts'
import { isRefusal } from '../refusal.ts'
import { insertAttempt, setAttemptState } from '../store/attempts.ts'
import { lockCharge, moveCharge } from '../store/charges.ts'
import { inTransaction } from '../store/pool.ts'
import { moveSession, type SessionRow } from '../store/sessions.ts'
import type { Callable } from './begin-charge.ts'
import { type Chosen, choosePspAccount, type Wanted } from './choose-psp-account.ts'
import { startCallClock } from './time-limits.ts'

/** A payment is tried at so many accounts; each takes its part of the time for which a merchant's request waits. */
export const mostAccounts = 3

/**
 * The account that is tried next, with a place for its call; null when there is none, as when the request names its own.
 *
 * @param from the account of which it is proven that it did nothing, and how the payment came to it.
 * @param place taken for the account.
 */
async function chooseNext(
  deps: Deps,
  wanted: Wanted,
  from: { psp_account_id: string; routing: Routing | null },
  place: PspPlace,
): Promise<Chosen | null> {
  const left: Considered[] = [
    ...(from.routing?.considered ?? []).filter(({ verdict }) => routingVerdicts[verdict].effect === 'left'),
    { psp_account: from.psp_account_id, verdict: 'not_reached' },
  ]
  if (left.filter(({ verdict }) => verdict === 'not_reached').length >= mostAccounts) return null
  for (;;) {
    const chosen = await choosePspAccount(deps, wanted, left)
    if (isRefusal(chosen)) return null
    if (place.take(chosen.account.id)) return chosen
    chosen.release()
    left.push({ psp_account: chosen.account.id, verdict: 'overloaded' })
  }
}

/**
 * Moves a charge to the merchant's next PSP account, on proof that the one before did not act. Durable before the next
 * call: the first attempt is settled as never executed, and the second written, in one transaction.
 *
 * @param place taken for the account; the caller ends it when the call is over. Ended here when there is none.
 * @returns null when no other account can take it, or when the charge changed meanwhile.
 */
export async function switchAccount(
  deps: Deps,
  begun: Callable,
  wanted: Wanted,
  place: PspPlace,
): Promise<{ begun: Callable; chosen: Chosen } | null> {
  const chosen = await chooseNext(deps, wanted, begun.charge, place)
  if (chosen === null) return null
  const { account, routing } = chosen
  const attemptId = newId('attempt')
  const clock = startCallClock(deps)
  const now = deps.now()
  let moved: { begun: Callable; chosen: Chosen } | null = null
  try {
    moved = await inTransaction(deps.pool, async (tx) => {
      const charge = await lockCharge(tx, begun.charge.merchant_id, begun.charge.id)
      if (charge?.status !== 'processing') return null
      const next = { ...charge, psp_account_id: account.id, psp: account.psp, routing, updated_at: now }
      await setAttemptState(
        tx,
        { merchant_id: charge.merchant_id, id: begun.attemptId },
        { state: 'rejected', nextLookUpAt: null },
      )
      await moveCharge(tx, next)
      await insertAttempt(tx, {
        merchant_id: charge.merchant_id,
        id: attemptId,
        kind: 'authorize',
        psp_account_id: account.id,
        charge_id: charge.id,
        amount: charge.amount,
        leaseUntil: clock.leaseUntil,
      })
      return { begun: { ...begun, charge: next, attemptId, clock }, chosen }
    })
    return moved
  } finally {
    if (moved === null) {
      place.end()
      chosen.release()
    }
  }
}

/**
 * Moves a session that its PSP never heard of to the merchant's next PSP account, before it is made there.
 *
 * @param place taken for the account; the caller ends it. Ended here when there is none.
 * @returns null when no other account can take it, or when the session ended meanwhile.
 */
export async function switchSession(
  deps: Deps,
  from: { session: SessionRow; attempt: { merchant_id: string; id: string } },
  wanted: Wanted,
  place: PspPlace,
): Promise<typeof from | null> {
  const chosen = await chooseNext(deps, wanted, from.session, place)
  if (chosen === null) return null
  const { account, routing } = chosen
  const { merchant_id: merchantId } = from.session
  const session = { ...from.session, psp_account_id: account.id, routing, updated_at: deps.now() }
  const attempt = { merchant_id: merchantId, id: newId('attempt') }
  let isMoved = false
  try {
    isMoved = await inTransaction(deps.pool, async (tx) => {
      if (!(await moveSession(tx, session))) return false
      await setAttemptState(tx, from.attempt, { state: 'rejected', nextLookUpAt: null })
      await insertAttempt(tx, {
        ...attempt,
        kind: 'create_session',
        psp_account_id: account.id,
        payment_session_id: session.id,
        amount: session.amount,
        leaseUntil: startCallClock(deps).leaseUntil,
      })
      return true
    })
    return isMoved ? { session, attempt } : null
  } finally {
    if (!isMoved) {
      place.end()
      chosen.release()
    }
  }
}
