import { type FincoreEvent, FincoreSignatureError, webhooks } from '@fincore/node'
import { applyEvent, type Order } from './orders/order.ts'
import type { OrderStore } from './orders/store.ts'

export type WebhookRequest = { headers: Record<string, string | string[] | undefined>; rawBody: Buffer }
/** `ignored`: a true event that is about no order of this shop. */
export type WebhookResult = 'forged' | 'ignored' | 'seen_before' | 'applied'

const shownHeaders = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'content-type', 'user-agent']

/**
 * Takes one webhook: verifies it over the bytes as they came (Standard Webhooks), finds the order, notes the webhook
 * beside it, and applies it. A forged one changes nothing at all. Taking the same one twice changes nothing either.
 */
export function makeWebhookIntake(deps: {
  store: OrderStore
  secret: string
}): (request: WebhookRequest) => WebhookResult {
  return ({ headers, rawBody }) => {
    let event: FincoreEvent
    try {
      event = webhooks.verify(rawBody, headers, deps.secret)
    } catch (error) {
      if (error instanceof FincoreSignatureError) return 'forged'
      throw error
    }
    return deps.store.inTransaction(() => takeEvent(deps.store, event, headers, rawBody))
  }
}

function takeEvent(
  store: OrderStore,
  event: FincoreEvent,
  headers: WebhookRequest['headers'],
  rawBody: Buffer,
): WebhookResult {
  const order = findOrderOf(store, event)
  if (order === undefined) return 'ignored'
  if (!store.claimWebhook(event.id)) return 'seen_before'
  const shown = shownHeaders.flatMap((name) => {
    const value = headers[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  store.addRecord(order.id, {
    kind: 'webhook',
    type: event.type,
    headers: Object.fromEntries(shown),
    body: rawBody.toString('utf8'),
    at: Date.now(),
  })
  const change = applyEvent(order, event)
  if (change !== null) store.changeOrder(order.id, change)
  return 'applied'
}

function findOrderOf(store: OrderStore, event: FincoreEvent): Order | undefined {
  const { object } = event.data
  if (object.object === 'refund') return store.findOrderByCharge(object.charge)
  const reference = 'merchant_reference' in object ? object.merchant_reference : null
  return reference === null ? undefined : store.findOrder(reference)
}
