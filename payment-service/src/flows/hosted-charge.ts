import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { attemptStateOf } from '../payments/decide-follow-up.ts'
import type { HostedPayment, PspName } from '../psp-gateway/port.ts'
import { findAuthorizeAttempt, insertAttempt, lockAttempt, setAttemptState } from '../store/attempts.ts'
import type { ChargeRow } from '../store/charges.ts'
import type { Transaction } from '../store/pool.ts'
import type { SessionRow } from '../store/sessions.ts'
import { startCallClock } from './time-limits.ts'

/** A payment in a session as a charge, before what the PSP says of it is applied. */
export function makeHostedCharge(deps: Deps, session: SessionRow, psp: PspName, pspReference: string): ChargeRow {
  const now = deps.now()
  return {
    merchant_id: session.merchant_id,
    id: newId('charge'),
    status: 'processing',
    flow: 'hosted',
    amount: session.amount,
    currency: session.currency,
    capture_method: session.capture_method,
    captured: 0n,
    refunded: 0n,
    refunds_pending: 0n,
    pending_operation: null,
    pending_amount: null,
    psp_account_id: session.psp_account_id,
    psp,
    routing: session.routing,
    psp_reference: pspReference,
    network_transaction_id: null,
    payment_session_id: session.id,
    card: null,
    merchant_reference: session.merchant_reference,
    description: session.description,
    metadata: session.metadata,
    return_url: null,
    action_url: null,
    failure: null,
    cancellation_reason: null,
    flags: [],
    sequence: 0,
    created_at: now,
    updated_at: now,
  }
}

/** Every movement has its attempt. At the PSP a hosted payment's reference is that of its session's attempt. */
export async function recordTry(
  deps: Deps,
  tx: Transaction,
  charge: ChargeRow,
  payment: HostedPayment,
  isNew: boolean,
): Promise<void> {
  const state = attemptStateOf(payment.outcome)
  const existing = isNew ? null : await findAuthorizeAttempt(tx, charge.merchant_id, charge.id)
  const attempt = { merchant_id: charge.merchant_id, id: existing?.id ?? newId('attempt') }
  if (existing === null) {
    await insertAttempt(tx, {
      ...attempt,
      kind: 'authorize',
      psp_account_id: charge.psp_account_id,
      charge_id: charge.id,
      amount: charge.amount,
      leaseUntil: startCallClock(deps).leaseUntil,
    })
  } else {
    const current = await lockAttempt(tx, charge.merchant_id, existing.id)
    if (current?.next_lookup_at === null) return
  }
  const nextLookUpAt = state === 'action_required' ? new Date(deps.now().getTime() + actionLookUpMs) : null
  await setAttemptState(tx, attempt, { state, nextLookUpAt, pspReference: payment.pspReference })
}

/** A webhook or the shopper's return tells; asking the session at the PSP is the second net. */
const actionLookUpMs = 120_000
