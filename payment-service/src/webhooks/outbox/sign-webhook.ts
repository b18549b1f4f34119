import { Webhook } from 'standardwebhooks'

/**
 * The headers of a webhook (Standard Webhooks 1.0). During a rotation's overlap there are two signatures, the new
 * secret's first, so that a receiver with either of them can verify.
 *
 * @param eventId stays the same in every try, so that the receiver can tell repeats.
 * @param at the time of this try; receivers refuse what is older than five minutes.
 */
export function signWebhook(
  eventId: string,
  at: Date,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'FinCore-Webhooks/1',
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(eventId, at, body)).join(' '),
  }
}
