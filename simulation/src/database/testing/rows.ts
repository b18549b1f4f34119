import type { ChargeRow } from '@fincore/payment-service/store/charges'
import type { DisputeRow } from '@fincore/payment-service/store/disputes'
import type { RefundRow } from '@fincore/payment-service/store/refunds'
import type { SessionRow } from '@fincore/payment-service/store/sessions'
import type { Random } from './random.ts'

type Draw = Random & { now: Date }

const failure = { code: 'card_declined', message: 'no', shopper_can_retry: 'other_card', psp_code: null } as const
const card = { brand: 'visa', first6: '424242', last4: '4242', exp_month: 12, exp_year: 2030 }

/** A charge that mostly is one that the database takes, and sometimes not. */
export function makeCharge(
  draw: Draw,
  by: { merchantId: string; accountId: string; id: string; sessionId: string | null },
): ChargeRow {
  const status = draw.of([
    'processing',
    'processing',
    'requires_action',
    'authorized',
    'captured',
    'captured',
    'failed',
    'canceled',
  ] as const)
  const isCaptured = draw.chance(0.03) !== (status === 'captured')
  const isPending = status === 'authorized' && draw.chance(0.5)
  return {
    merchant_id: by.merchantId,
    id: by.id,
    status,
    flow: draw.of(['hosted', 'token', 'raw_card'] as const),
    amount: BigInt(draw.chance(0.03) ? 0 : 100),
    currency: draw.chance(0.03) ? 'eur' : 'EUR',
    capture_method: draw.of(['automatic', 'manual'] as const),
    captured: isCaptured ? BigInt(60 + 10 * draw.below(5)) : 0n,
    refunded: isCaptured ? BigInt(10 * draw.below(4)) : 0n,
    refunds_pending: isCaptured ? BigInt(10 * draw.below(4)) : 0n,
    pending_operation: isPending ? draw.of(['capture', 'cancel'] as const) : null,
    pending_amount: isPending !== draw.chance(0.03) ? BigInt(draw.chance(0.1) ? 101 : 50) : null,
    psp_account_id: by.accountId,
    psp: 'sandbox',
    routing: makeRouting(draw, by.accountId),
    psp_reference: draw.chance(0.4) ? `pay_${draw.below(5)}` : null,
    network_transaction_id: draw.chance(0.3) ? (draw.chance(0.05) ? 'no id' : 'MCC1234560105') : null,
    payment_session_id: by.sessionId,
    card: draw.chance(0.5) ? card : null,
    merchant_reference: draw.chance(0.3) ? 'order 1' : null,
    description: null,
    metadata: draw.chance(0.3) ? { colour: 'grün' } : {},
    return_url: null,
    action_url: status === 'requires_action' && !draw.chance(0.05) ? 'https://psp.example/3ds' : null,
    failure: draw.chance(0.03) !== (status === 'failed') ? failure : null,
    cancellation_reason: status === 'canceled' ? 'requested' : null,
    flags: draw.chance(0.2) ? ['psp_contradiction', 'say "why"'] : [],
    sequence: draw.below(4),
    created_at: draw.now,
    updated_at: draw.now,
  }
}

function makeRouting(draw: Draw, account: string): ChargeRow['routing'] {
  const considered = [{ psp_account: account, verdict: 'only_one' as const }]
  return draw.chance(0.5) ? { psp_account: account, reason: 'only_one', considered } : null
}

export function makeRefund(draw: Draw, by: { merchantId: string; id: string; chargeId: string }): RefundRow {
  const status = draw.of(['pending', 'succeeded', 'failed'] as const)
  return {
    merchant_id: by.merchantId,
    id: by.id,
    charge_id: by.chargeId,
    status,
    amount: BigInt(draw.chance(0.05) ? 0 : 10),
    currency: 'EUR',
    reason: null,
    metadata: {},
    failure: draw.chance(0.05) !== (status === 'failed') ? failure : null,
    psp_reference: draw.chance(0.5) ? 'pay_refund' : null,
    sequence: draw.below(3),
    created_at: draw.now,
    updated_at: draw.now,
  }
}

export function makeDispute(
  draw: Draw,
  by: { merchantId: string; accountId: string; id: string; chargeId: string },
): DisputeRow {
  return {
    merchant_id: by.merchantId,
    id: by.id,
    charge_id: by.chargeId,
    psp_account_id: by.accountId,
    psp_dispute_id: draw.chance(0.03) ? '' : `dis_${draw.below(6)}`,
    status: draw.of(['inquiry', 'opened', 'won', 'lost'] as const),
    amount: BigInt(draw.chance(0.03) ? -1 : 10 * draw.below(3)),
    currency: draw.chance(0.03) ? 'eur' : 'EUR',
    reason: draw.chance(0.5) ? 'x'.repeat(draw.chance(0.1) ? 256 : 9) : null,
    evidence_due_by: draw.chance(0.5) ? draw.now : null,
    sequence: draw.below(3),
    created_at: draw.now,
    updated_at: draw.now,
  }
}

export function makeSession(
  draw: Draw,
  by: { merchantId: string; accountId: string; id: string; chargeId: string },
): SessionRow {
  const status = draw.of(['open', 'open', 'open', 'completed', 'expired', 'canceled'] as const)
  return {
    merchant_id: by.merchantId,
    id: by.id,
    status,
    amount: BigInt(draw.chance(0.05) ? 0 : 100),
    currency: 'EUR',
    capture_method: 'automatic',
    psp_account_id: by.accountId,
    routing: makeRouting(draw, by.accountId),
    psp_reference: null,
    psp_url: null,
    success_url: 'https://shop.example/yes',
    cancel_url: 'https://shop.example/no',
    merchant_reference: null,
    description: draw.chance(0.3) ? 'A chair' : null,
    metadata: { table: '7' },
    locale: null,
    customer_email: null,
    line_items: draw.chance(0.3) ? [{ name: 'Chair', quantity: 1, amount: 100 }] : [],
    late_payments: draw.of(['refund', 'keep'] as const),
    link_used_at: null,
    browser_digest: null,
    opened_from: null,
    charge_id: draw.chance(0.05) !== (status === 'completed') ? by.chargeId : null,
    sequence: draw.below(3),
    expires_at: new Date(draw.now.getTime() + draw.of([0, 20_000, 3_600_000, 365 * 86_400_000])),
    created_at: draw.now,
    updated_at: draw.now,
  }
}
