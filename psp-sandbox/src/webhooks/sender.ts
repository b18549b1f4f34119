import type { Ledger } from '../ledger/database.ts'
import {
  type DueDelivery,
  isDelivered,
  listDueDeliveries,
  nextDeliveryAt,
  recordDeliveryAttempt,
} from '../ledger/webhook-queue.ts'
import type { Timings } from '../timings.ts'
import { signWebhook } from './signature.ts'

/** Sends at most this many webhooks at once. */
const maxInFlight = 32

/** Delivers what is due in the queue until it is closed. The queue is in the ledger, so a restart goes on where this stopped. */
export type WebhookSender = {
  sendDue(): void
  nextAt(): number | null
  waitForDelivery(event: string): Promise<void>
  close(): Promise<void>
}

export function createWebhookSender(
  ledger: Ledger,
  timings: Timings,
  now: () => number,
  wake: () => void,
): WebhookSender {
  const inFlight = new Map<number, Promise<void>>()
  const waiting = new Map<string, () => void>()
  const closing = new AbortController()

  const send = async (delivery: DueDelivery) => {
    const status =
      delivery.url === null ? null : await post(delivery, delivery.url, timings.webhookTimeoutMs, now(), closing.signal)
    if (closing.signal.aborted) return
    const done = status !== null && status >= 200 && status < 300
    const retryAt =
      now() + Math.min(timings.webhookMaxRetryMs, timings.webhookFirstRetryMs * 2 ** Math.min(delivery.attempts, 20))
    const givenUp = retryAt > delivery.give_up_at
    recordDeliveryAttempt(ledger, delivery.id, {
      status,
      deliveredAt: done ? now() : null,
      retryAt: done || givenUp ? null : retryAt,
    })
    if (isDelivered(ledger, delivery.event)) waiting.get(delivery.event)?.()
  }

  return {
    sendDue() {
      // Those under way are still due in the table, so as many more must be read to find new ones behind them.
      for (const delivery of listDueDeliveries(ledger, now(), maxInFlight * 2)) {
        if (inFlight.size >= maxInFlight || closing.signal.aborted) return
        if (inFlight.has(delivery.id)) continue
        const sending = send(delivery).finally(() => {
          inFlight.delete(delivery.id)
          if (!closing.signal.aborted) wake()
        })
        inFlight.set(delivery.id, sending)
      }
    },
    // The end of a delivery wakes the loop, so those under way, and a full house, need no time of their own.
    nextAt: () => (inFlight.size >= maxInFlight ? null : nextDeliveryAt(ledger, inFlight)),
    async waitForDelivery(event) {
      if (isDelivered(ledger, event)) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timings.webhookBeforeReplyMs)
        waiting.set(event, () => {
          clearTimeout(timer)
          resolve()
        })
      })
      waiting.delete(event)
    },
    async close() {
      closing.abort()
      for (const resolve of waiting.values()) resolve()
      await Promise.allSettled(inFlight.values())
    },
  }
}

async function post(
  delivery: DueDelivery,
  url: string,
  timeoutMs: number,
  nowMs: number,
  closing: AbortSignal,
): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), closing]),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'psp-sandbox-webhooks',
        'sandbox-signature': signWebhook(delivery.webhook_secret, Math.floor(nowMs / 1000), delivery.body),
      },
      body: delivery.body,
    })
    await response.body?.cancel()
    return response.status
  } catch {
    return null
  }
}
