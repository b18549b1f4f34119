import { createHmac } from 'node:crypto'
import type { HappeningCode } from '../payments/happenings.ts'
import type { Account, Amount } from '../world.ts'

/** One item of a standard webhook, as Adyen's “Webhook structure and types” has it. */
export type Notification = {
  eventCode:
    | 'AUTHORISATION'
    | 'CAPTURE'
    | 'CAPTURE_FAILED'
    | 'CANCELLATION'
    | 'REFUND'
    | 'REFUND_FAILED'
    | HappeningCode
  success: boolean
  pspReference: string
  /** The payment's, for everything but an authorisation. */
  originalReference?: string
  merchantReference: string
  amount: Amount
  paymentMethod: string
  reason: string
  operations?: ('CANCEL' | 'CAPTURE' | 'REFUND')[]
  additionalData?: Record<string, string>
}

/** The item as it is sent to this account, signed. */
export function renderNotification(account: Account, notification: Notification, atMs: number): object {
  const { success, additionalData, ...rest } = notification
  const item = {
    ...rest,
    eventDate: `${new Date(atMs).toISOString().slice(0, 19)}+00:00`,
    merchantAccountCode: account.merchantAccount,
    success: String(success),
  }
  const hmacSignature = signNotification(item, account.hmacKey)
  return { NotificationRequestItem: { additionalData: { ...additionalData, hmacSignature }, ...item } }
}

/** Adyen, “Verify HMAC signatures”: these fields in this order with colons between, HMAC-SHA256 under the hex key, base64. */
function signNotification(
  item: Omit<Notification, 'success' | 'additionalData'> & { merchantAccountCode: string; success: string },
  hmacKey: string,
): string {
  const { amount, eventCode, merchantAccountCode, merchantReference, originalReference, pspReference, success } = item
  const { value, currency } = amount
  const signed = [pspReference, originalReference, merchantAccountCode, merchantReference, value, currency]
  return createHmac('sha256', Buffer.from(hmacKey, 'hex'))
    .update([...signed, eventCode, success].join(':'))
    .digest('base64')
}
