import { newId } from '../ids.ts'
import type { Ledger } from './database.ts'

/** Every kind of webhook that is sent. */
export const webhookTypes = [
  'payment.authorized',
  'payment.captured',
  'payment.declined',
  'payment.action_required',
  'payment.canceled',
  'payment.abandoned',
  'payment.expired',
  'capture.succeeded',
  'capture.failed',
  'cancellation.succeeded',
  'refund.succeeded',
  'refund.failed',
  'refund.pending',
  'checkout_session.completed',
  'checkout_session.expired',
] as const

export type WebhookType = (typeof webhookTypes)[number]

export type DueDelivery = {
  id: number
  event: string
  body: string
  attempts: number
  give_up_at: number
  url: string | null
  webhook_secret: string
}

/** Puts an event in the queue: one delivery, or two of the same event when it is to arrive twice. Returns the event's id. */
export function enqueueWebhook(
  ledger: Ledger,
  webhook: {
    account: string
    type: WebhookType
    data: Record<string, unknown>
    nowMs: number
    dueAt: number
    giveUpMs: number
    deliveries: 1 | 2
  },
): string {
  const id = newId('wev', webhook.nowMs)
  const body = JSON.stringify({
    id,
    type: webhook.type,
    created: new Date(webhook.nowMs).toISOString(),
    data: webhook.data,
  })
  ledger.run(
    'INSERT INTO webhook_events (id, account, type, body, created) VALUES (?, ?, ?, ?, ?)',
    id,
    webhook.account,
    webhook.type,
    body,
    webhook.nowMs,
  )
  for (let count = 0; count < webhook.deliveries; count++) {
    ledger.run(
      'INSERT INTO webhook_deliveries (event, account, due_at, give_up_at) VALUES (?, ?, ?, ?)',
      id,
      webhook.account,
      webhook.dueAt,
      webhook.nowMs + webhook.giveUpMs,
    )
  }
  return id
}

/** The deliveries that are due, oldest first, at most `limit`. */
export function listDueDeliveries(ledger: Ledger, nowMs: number, limit: number): DueDelivery[] {
  return ledger.all(
    `SELECT d.id, d.event, e.body, d.attempts, d.give_up_at, a.webhook_url AS url, a.webhook_secret
     FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event JOIN accounts a ON a.id = d.account
     WHERE d.due_at <= ? ORDER BY d.due_at, d.id LIMIT ?`,
    nowMs,
    limit,
  )
}

/** When the earliest delivery is due that is not under way; null when there is none. */
export function nextDeliveryAt(ledger: Ledger, underWay: ReadonlyMap<number, unknown>): number | null {
  const earliest = ledger.all<{ id: number; due_at: number }>(
    'SELECT id, due_at FROM webhook_deliveries WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT ?',
    underWay.size + 1,
  )
  return earliest.find(({ id }) => !underWay.has(id))?.due_at ?? null
}

/** Records one attempt: delivered or given up when `retryAt` is null and `deliveredAt` says which. */
export function recordDeliveryAttempt(
  ledger: Ledger,
  id: number,
  result: { status: number | null; deliveredAt: number | null; retryAt: number | null },
): void {
  ledger.run(
    'UPDATE webhook_deliveries SET attempts = attempts + 1, last_status = ?, delivered_at = ?, due_at = ? WHERE id = ?',
    result.status,
    result.deliveredAt,
    result.retryAt,
    id,
  )
}

/** True when every delivery of the payment's or session's event has ended. */
export function isDelivered(ledger: Ledger, event: string): boolean {
  return ledger.get('SELECT 1 FROM webhook_deliveries WHERE event = ? AND due_at IS NOT NULL', event) === null
}
