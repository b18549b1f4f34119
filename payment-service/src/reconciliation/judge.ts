import type { DifferenceClass } from '../payments/difference-classes.ts'
import type { Money, PspMovement, SettlementLine } from '../psp-gateway/port.ts'
import type { OwnRecord } from '../store/reconciliation-records.ts'

/**
 * How a movement of a PSP compares with what is held here. `ask`: they differ, and what the PSP says by our reference
 * decides; `missed` when it is simply news to us. `raise`: no answer could make it right.
 */
export type Verdict =
  | { kind: 'same' }
  | { kind: 'ask'; class: 'missed_event' | 'state_differs' }
  | { kind: 'raise'; class: DifferenceClass; own: Money | null; detail: string | null }

const same: Verdict = { kind: 'same' }
const missed: Verdict = { kind: 'ask', class: 'missed_event' }
const contradicts: Verdict = { kind: 'ask', class: 'state_differs' }

/**
 * Judges one movement. Pure, and it repairs nothing: a verdict only says where to look.
 *
 * @param isRepeat another movement of this kind stands under the same reference in the PSP's list.
 */
export function judgeMovement(movement: PspMovement, own: OwnRecord, isRepeat: boolean): Verdict {
  if (own.attempt_id === null || own.attempt_kind === null) return judgeUnasked(movement, own)
  // Several cards may be tried in one session, each a payment under the session's reference: the payment tells.
  if (own.attempt_kind === 'create_session') return own.charge_id === null ? missed : judgeCharge(movement, own)
  if (own.attempt_kind === 'expire_session' || own.charge_id === null) return raise('state_differs', null)
  const recorded = own.attempt_kind === 'authorize' ? own.charge_psp_reference : own.attempt_psp_reference
  const told = own.attempt_kind === 'authorize' ? movement.payment : movement.pspReference
  const isOther = own.attempt_state === 'approved' && recorded !== null && recorded !== told
  if (isOther || isRepeat) return raise('duplicate_effect', null)
  if (own.attempt_kind === 'authorize') {
    if (movement.kind === 'cancel' || movement.kind === 'refund') return raise('state_differs', null)
    return own.attempt_state === 'rejected' || own.attempt_state === 'declined'
      ? worst(judgeMoney(movement, own), contradicts)
      : judgeCharge(movement, own)
  }
  if (own.attempt_kind !== movement.kind) return raise('state_differs', null)
  if (movement.kind === 'refund') return judgeRefund(movement, own)
  if (own.attempt_amount !== null && own.attempt_amount !== movement.amount.amount)
    return judgeMoney(movement, { ...own, charge_amount: own.attempt_amount })
  return judgeCharge(movement, own)
}

/** Nobody asked for this movement here: it is a stranger's, or somebody acted on a payment of ours at the PSP. */
function judgeUnasked(movement: PspMovement, own: OwnRecord): Verdict {
  if (own.charge_id === null) return raise('unknown_here', null)
  if (movement.kind === 'refund') return raise('refund_unknown', null)
  if (own.charge_psp_reference !== null && own.charge_psp_reference !== movement.payment)
    return raise('duplicate_effect', null)
  // Found by the PSP's id alone, which operators may have typed: what we authorize stands under our own reference.
  if (own.payment_attempt_id === null && own.session_id === null)
    return raise('unknown_here', moneyOf(own.charge_amount, own.charge_currency), othersText)
  return judgeCharge(movement, own)
}

const othersText =
  'It is held here as the payment of this charge, and the PSP has it under a reference that is not ours.'

/** A movement that the charge as a whole shows: an authorization, a capture, a release. */
function judgeCharge(movement: PspMovement, own: OwnRecord): Verdict {
  const { charge_status: status } = own
  // What was captured may be less than the charge's amount, so it is compared with what is held as captured.
  if (movement.kind === 'capture') {
    const held = status === 'captured' ? own.captured : own.charge_amount
    const differs = judgeMoney(movement, { ...own, charge_amount: held })
    const isLess = status !== 'captured' && movement.amount.amount <= (own.charge_amount ?? 0n)
    if (differs.kind === 'raise' && !(differs.class === 'amount_differs' && isLess)) return differs
    if (status === 'captured') return same
    return status === 'failed' || status === 'canceled' ? contradicts : missed
  }
  const differs = judgeMoney(movement, own)
  if (differs.kind === 'raise') return differs
  if (movement.kind === 'cancel') {
    if (status === 'canceled') return same
    return status === 'captured' || status === 'failed' ? contradicts : missed
  }
  if (status === 'authorized' || status === 'captured') return same
  // Released after it was held; a charge that the shopper left was never held.
  if (status === 'canceled') return own.cancellation_reason === 'abandoned' ? contradicts : same
  return status === 'failed' ? contradicts : missed
}

function judgeRefund(movement: PspMovement, own: OwnRecord): Verdict {
  const differs = judgeMoney(movement, { ...own, charge_amount: own.refund_amount })
  if (differs.kind === 'raise') return differs
  if (own.refund_status === 'succeeded') return same
  return own.refund_status === 'failed' ? contradicts : missed
}

function judgeMoney({ amount }: PspMovement | SettlementLine, own: OwnRecord): Verdict {
  const held = moneyOf(own.charge_amount, own.charge_currency)
  if (held === null || amount.currency !== held.currency) return raise('currency_differs', held)
  return amount.amount === held.amount ? same : raise('amount_differs', held)
}

/**
 * A line of a settlement file says only what was paid out, so it is compared and never applied.
 *
 * @param isRepeat the file has paid it out before.
 */
export function judgeLine(line: SettlementLine, own: OwnRecord, isRepeat: boolean): Verdict {
  const isOther =
    line.kind === 'capture' && own.charge_psp_reference !== null && own.charge_psp_reference !== line.payment
  if (isRepeat || isOther) return raise('duplicate_effect', null)
  const isRefund = line.kind === 'refund'
  const held = isRefund
    ? own.refund_status === 'succeeded'
      ? own.refund_amount
      : null
    : own.charge_status === 'captured' && (own.attempt_kind === null || own.attempt_kind !== 'refund')
      ? own.captured
      : null
  if (held === null) return raise('settled_unknown', null)
  const differs = judgeMoney(line, { ...own, charge_amount: held })
  return differs.kind === 'raise' ? raise('settled_amount_differs', differs.own) : same
}

function worst(money: Verdict, otherwise: Verdict): Verdict {
  return money.kind === 'raise' ? money : otherwise
}

function raise(difference: DifferenceClass, own: Money | null, detail: string | null = null): Verdict {
  return { kind: 'raise', class: difference, own, detail }
}

function moneyOf(amount: bigint | null, currency: string | null): Money | null {
  return amount === null || currency === null ? null : { amount, currency }
}
