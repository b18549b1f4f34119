import { maxTextLength, parseJson } from '../parse-json.ts'
import type { WebhookIntake } from '../port.ts'
import { readWebhookKeys } from './account.ts'
import { readItem } from './events.ts'
import { isAuthenticated, isSigned } from './signature.ts'
import { wire } from './wire.ts'

/**
 * Adyen's standard webhook. What is signed is never refused for what it tells, because Adyen holds back every later event
 * behind one that is not accepted: it is an event that an operator sees. The signature covers no time, so a recorded
 * webhook can be sent again; it changes nothing, because it is the same event by its signed fields.
 */
export const webhooks: WebhookIntake = {
  accepted: { contentType: 'text/plain; charset=utf-8', body: '[accepted]' },
  verify(account, { body, headers }) {
    const refuse = (why: string) => ({ ok: false as const, why })
    const keys = readWebhookKeys(account)
    if (keys === null) return refuse('the account is not set up for webhooks')
    if (!isAuthenticated(headers.authorization, keys)) return refuse('the user or the password is not right')
    if (body.length > maxTextLength) return refuse('the body is too large')
    const notification = parseJson(body.toString('utf8'))
    if (!wire.notification.Check(notification)) return refuse('the body is no notification')
    const items = notification.notificationItems.map(({ NotificationRequestItem }) => NotificationRequestItem)
    // One item that is not signed spoils the batch: who could put it there could have taken others out.
    if (!items.every((item) => isSigned(item, keys.hmacKeys))) return refuse('the signature is not right')
    if (notification.live !== String(keys.isLive)) return refuse('it is from the other environment')
    if (!items.every((item) => item.merchantAccountCode === keys.merchantAccount))
      return refuse('it is about another merchant account')
    return { ok: true, events: items.map(readItem) }
  },
}
