import { newId } from '../ids.ts'
import {
  findOperation,
  insertOperation,
  markOperationSucceeded,
  type OperationKind,
  type OperationRow,
} from '../ledger/operations.ts'
import { findPayment, type PaymentRow, updatePayment } from '../ledger/payments.ts'
import { recordMovement } from '../ledger/truth.ts'
import { outcomeNamed } from '../magic-cards.ts'
import type { Psp } from '../psp.ts'
import { Rejection } from '../rejection.ts'
import { announceOperation, announcePayment } from './announcements.ts'

type OperationRequest = { reference: string; amount: number | null; currency: string | null }

/** Takes all or a part of an authorization, once; the rest is released. Throws a `Rejection` when the state does not allow it. */
export function capture(psp: Psp, payment: PaymentRow, request: OperationRequest): OperationRow {
  if (payment.status !== 'authorized') {
    throw new Rejection(
      409,
      'payment_not_capturable',
      `The payment is ${payment.status}; only an authorized one can be captured.`,
    )
  }
  const amount = readAmount(payment, request, payment.amount, 'authorized')
  if (outcomeNamed(payment.outcome).do === 'fail_capture') {
    const failed = writeOperation(psp, payment, 'capture', request.reference, amount, 'failed', 'capture_declined')
    announceOperation(psp, 'capture.failed', failed, payment)
    return failed
  }
  const operation = writeOperation(psp, payment, 'capture', request.reference, amount, 'succeeded')
  const captured = updatePayment(psp.ledger, payment.id, { status: 'captured', captured: amount }, psp.now())
  announceOperation(psp, 'capture.succeeded', operation, captured)
  return operation
}

/** Releases an authorization that nothing was captured of. Throws a `Rejection` when the state does not allow it. */
export function cancel(psp: Psp, payment: PaymentRow, reference: string): OperationRow {
  if (payment.status !== 'authorized') {
    throw new Rejection(
      409,
      'payment_not_cancelable',
      `The payment is ${payment.status}; only an authorized one can be canceled.`,
    )
  }
  const operation = writeOperation(psp, payment, 'cancellation', reference, payment.amount, 'succeeded')
  const canceled = updatePayment(psp.ledger, payment.id, { status: 'canceled' }, psp.now())
  announceOperation(psp, 'cancellation.succeeded', operation, canceled)
  announcePayment(psp, 'payment.canceled', canceled)
  return operation
}

/** Gives back all that is left, or a part. Throws a `Rejection` when more than the captured rest is asked for. */
export function refund(psp: Psp, payment: PaymentRow, request: OperationRequest): OperationRow {
  if (payment.status !== 'captured') {
    throw new Rejection(
      409,
      'payment_not_refundable',
      `The payment is ${payment.status}; only a captured one can be refunded.`,
    )
  }
  const left = payment.captured - payment.refunded - payment.refunds_pending
  if (left === 0)
    throw new Rejection(409, 'payment_not_refundable', 'The payment is refunded already, or its refunds are pending.')
  const amount = readAmount(payment, request, left, 'left to refund')
  const outcome = outcomeNamed(payment.outcome)
  if (outcome.do === 'refund' && outcome.how === 'fails') {
    const failed = writeOperation(psp, payment, 'refund', request.reference, amount, 'failed', 'refund_declined')
    announceOperation(psp, 'refund.failed', failed, payment)
    return failed
  }
  if (outcome.do === 'refund') {
    const pending = writeOperation(psp, payment, 'refund', request.reference, amount, 'pending')
    const reserved = { refunds_pending: payment.refunds_pending + amount }
    announceOperation(psp, 'refund.pending', pending, updatePayment(psp.ledger, payment.id, reserved, psp.now()))
    psp.schedule('finish_refund', pending.id, psp.now() + psp.timings.refundPendingMs)
    return pending
  }
  const operation = writeOperation(psp, payment, 'refund', request.reference, amount, 'succeeded')
  const refunded = updatePayment(psp.ledger, payment.id, { refunded: payment.refunded + amount }, psp.now())
  announceOperation(psp, 'refund.succeeded', operation, refunded)
  return operation
}

/** The job `finish_refund`: the money of a pending refund moves now. */
export function finishRefund(psp: Psp, id: string): void {
  const pending = findOperation(psp.ledger, id)
  const payment = pending && findPayment(psp.ledger, pending.payment)
  if (!payment || pending.status !== 'pending') return
  markOperationSucceeded(psp.ledger, id)
  const operation: OperationRow = { ...pending, status: 'succeeded' }
  writeMovement(psp, operation)
  const change = {
    refunded: payment.refunded + operation.amount,
    refunds_pending: payment.refunds_pending - operation.amount,
  }
  announceOperation(psp, 'refund.succeeded', operation, updatePayment(psp.ledger, payment.id, change, psp.now()))
}

function readAmount(payment: PaymentRow, request: OperationRequest, most: number, what: string): number {
  if (request.currency !== null && request.currency !== payment.currency) {
    throw new Rejection(400, 'currency_mismatch', `The payment is in ${payment.currency}.`, 'amount.currency')
  }
  const amount = request.amount ?? most
  if (amount > most) throw new Rejection(400, 'amount_too_large', `At most ${most} is ${what}.`, 'amount.value')
  return amount
}

const idPrefixes = { capture: 'cap', cancellation: 'can', refund: 'ref' } as const

function writeOperation(
  psp: Psp,
  payment: PaymentRow,
  kind: OperationKind,
  reference: string,
  amount: number,
  status: OperationRow['status'],
  failure: OperationRow['failure_code'] = null,
): OperationRow {
  const now = psp.now()
  const operation: OperationRow = {
    id: newId(idPrefixes[kind], now),
    kind,
    account: payment.account,
    payment: payment.id,
    payment_reference: payment.reference,
    reference,
    amount,
    currency: payment.currency,
    status,
    failure_code: failure,
    created: now,
  }
  insertOperation(psp.ledger, operation)
  if (status === 'succeeded') writeMovement(psp, operation)
  return operation
}

function writeMovement(psp: Psp, operation: OperationRow): void {
  recordMovement(psp.ledger, {
    kind: operation.kind,
    id: operation.id,
    account: operation.account,
    payment: operation.payment,
    reference: operation.payment_reference,
    own_reference: operation.reference,
    amount: operation.amount,
    currency: operation.currency,
    at: psp.now(),
  })
}
