import type { OperationRow } from '../ledger/operations.ts'
import { presentOperation } from '../ledger/operations.ts'
import { type PaymentRow, presentPayment } from '../ledger/payments.ts'
import type { WebhookType } from '../ledger/webhook-queue.ts'
import { outcomeNamed } from '../magic-cards.ts'
import type { Psp } from '../psp.ts'

/** Queues a payment's webhook, twice or late when its card says so. Returns the event's id. */
export function announcePayment(psp: Psp, type: WebhookType, row: PaymentRow, delayMs?: number): string | null {
  return psp.announce(
    row.account,
    type,
    { payment: presentPayment(row, psp.pagesUrl) },
    {
      twice: isSentTwice(row),
      ...(delayMs === undefined ? {} : { delayMs }),
    },
  )
}

/**
 * Queues the webhook of an approval: `payment.captured` for automatic capture, `payment.authorized` for manual.
 * The card `webhooks_out_of_order` sends a late `payment.authorized` in both cases, with the state of the moment.
 */
export function announceApproval(psp: Psp, row: PaymentRow): string | null {
  const outcome = outcomeNamed(row.outcome)
  if (outcome.do !== 'webhooks' || outcome.how !== 'out_of_order') {
    return announcePayment(psp, row.status === 'captured' ? 'payment.captured' : 'payment.authorized', row)
  }
  const captured = row.status === 'captured' ? announcePayment(psp, 'payment.captured', row) : null
  const asAuthorized: PaymentRow = { ...row, status: 'authorized', captured: 0 }
  const authorized = announcePayment(psp, 'payment.authorized', asAuthorized, psp.timings.outOfOrderMs)
  return captured ?? authorized
}

/** Queues an operation's webhook; it carries the payment's new state too. */
export function announceOperation(psp: Psp, type: WebhookType, operation: OperationRow, payment: PaymentRow): void {
  const data = { operation: presentOperation(operation), payment: presentPayment(payment, psp.pagesUrl) }
  psp.announce(payment.account, type, data, { twice: isSentTwice(payment) })
}

function isSentTwice(row: PaymentRow): boolean {
  const outcome = outcomeNamed(row.outcome)
  return outcome.do === 'webhooks' && outcome.how === 'twice'
}
