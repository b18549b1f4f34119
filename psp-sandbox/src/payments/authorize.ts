import { newId, newSecret } from '../ids.ts'
import { type CaptureMethod, insertPayment, type PaymentRow, updatePayment } from '../ledger/payments.ts'
import { recordMovement } from '../ledger/truth.ts'
import type { Psp } from '../psp.ts'
import { announceApproval, announcePayment } from './announcements.ts'
import type { Card } from './card.ts'
import { completeSession } from './complete-session.ts'

export type AuthorizeRequest = {
  account: string
  reference: string
  session: string | null
  amount: number
  currency: string
  capture: CaptureMethod
  returnUrl: string | null
  description: string | null
}

/** What an authorize call did; `event` is the webhook of the approval, for the card that sends it before the answer. */
export type Authorized = { payment: PaymentRow; event: string | null }

/** Asks the bank that the card stands for, and writes what it did. Runs inside the caller's transaction. */
export function authorize(psp: Psp, request: AuthorizeRequest, card: Card): Authorized {
  const now = psp.now()
  const { outcome } = card
  const insert = (status: PaymentRow['status'], more: Partial<PaymentRow> = {}): PaymentRow => {
    const row: PaymentRow = {
      id: newId('pay', now),
      account: request.account,
      reference: request.reference,
      session: request.session,
      status,
      amount: request.amount,
      currency: request.currency,
      capture: request.capture,
      captured: 0,
      refunded: 0,
      refunds_pending: 0,
      decline_code: null,
      challenge_secret: null,
      return_url: request.returnUrl,
      description: request.description,
      brand: card.brand,
      first6: card.first6,
      last4: card.last4,
      expiry_month: card.expiryMonth,
      expiry_year: card.expiryYear,
      outcome: card.magicName,
      created: now,
      updated: now,
      ...more,
    }
    insertPayment(psp.ledger, row)
    return row
  }

  if (outcome.do === 'decline') {
    const payment = insert('declined', { decline_code: outcome.code })
    return { payment, event: announcePayment(psp, 'payment.declined', payment) }
  }
  if (outcome.do === 'challenge') {
    const payment = insert('action_required', { challenge_secret: newSecret() })
    const wait = outcome.ends === 'abandoned' ? psp.timings.abandonChallengeMs : psp.challengeTimeoutMs
    psp.schedule('abandon_challenge', payment.id, now + wait)
    return { payment, event: announcePayment(psp, 'payment.action_required', payment) }
  }
  // A session's late approval is started by the session's expiry, whenever that is.
  if (outcome.do === 'approve_late' && request.session !== null) return { payment: insert('late'), event: null }
  return approve(psp, insert(request.capture === 'automatic' ? 'captured' : 'authorized'))
}

/** The bank approves: the truth is written, the amount is captured when capture is automatic, the session is completed. */
export function approve(psp: Psp, row: PaymentRow): Authorized {
  const now = psp.now()
  const payment = updatePayment(
    psp.ledger,
    row.id,
    row.capture === 'automatic' ? { status: 'captured', captured: row.amount } : { status: 'authorized' },
    now,
  )
  const movement = {
    id: payment.id,
    account: payment.account,
    payment: payment.id,
    reference: payment.reference,
    own_reference: payment.reference,
    amount: payment.amount,
    currency: payment.currency,
    at: now,
  }
  recordMovement(psp.ledger, { ...movement, kind: 'authorization' })
  if (payment.capture === 'automatic') recordMovement(psp.ledger, { ...movement, kind: 'capture' })
  const event = announceApproval(psp, payment)
  if (payment.session !== null) completeSession(psp, payment.session)
  return { payment, event }
}
