import type Stripe from 'stripe'
import { apiVersion } from '../api-version.ts'
import { makeSecret } from '../ids.ts'
import type { Account, Cause, Timings } from '../world.ts'
import { signWebhook } from './signature.ts'

/** At most this many webhooks are sent at once. */
const mostAtOnce = 32

export type WebhookSender = {
  /** Sends an event of the object as it is now, and again until it is taken. Resolves when it was delivered or given up. */
  announce(account: Account, type: Stripe.Event.Type, object: object, cause: Cause): Promise<void>
  /** Nothing is sent after this. */
  close(): Promise<void>
}

/** Sends events to the accounts' endpoints, each with retries that come ever later ("Retry logic", Stripe: three days). */
export function createWebhookSender(
  timings: Timings,
  now: () => number,
  later: (delayMs: number, work: () => void) => void,
): WebhookSender {
  const closing = new AbortController()
  const underWay = new Set<Promise<void>>()
  const waiting: (() => void)[] = []

  const deliver = async (account: Account, body: string): Promise<void> => {
    const { webhook } = account
    const giveUpAt = now() + timings.webhookGiveUpMs
    let retryMs = timings.webhookFirstRetryMs
    await wait(timings.webhookDelayMs)
    while (!closing.signal.aborted) {
      const status = webhook.url === null ? null : await inTurn(() => post(account, webhook.url ?? '', body))
      if (status !== null && status >= 200 && status < 300) return
      if (now() + retryMs > giveUpAt) return
      await wait(retryMs)
      retryMs = Math.min(retryMs * 2, timings.webhookMostRetryMs)
    }
  }
  const wait = (ms: number) => new Promise<void>((resolve) => later(ms, resolve))

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    while (underWay.size >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    const run = work()
    const done: Promise<void> = run.then(
      () => {},
      () => {},
    )
    underWay.add(done)
    await done
    underWay.delete(done)
    waiting.shift()?.()
    return run
  }

  const post = async (account: Account, url: string, body: string): Promise<number | null> => {
    const secrets = account.webhook.secrets
      .filter(({ until }) => until === null || until > now())
      .map(({ secret }) => secret)
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(timings.webhookTimeoutMs), closing.signal]),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signWebhook(secrets, Math.floor(now() / 1000), body),
        },
        body,
      })
      await response.body?.cancel()
      return response.status
    } catch {
      return null
    }
  }

  return {
    announce(account, type, object, cause) {
      const { url, enabledEvents } = account.webhook
      if (url === null || !(enabledEvents.includes('*') || enabledEvents.includes(type))) return Promise.resolve()
      const event = {
        id: `evt_1${makeSecret(23)}`,
        object: 'event',
        api_version: apiVersion,
        created: Math.floor(now() / 1000),
        data: { object },
        livemode: false,
        pending_webhooks: 1,
        request: { id: cause?.requestId ?? null, idempotency_key: cause?.idempotencyKey ?? null },
        type,
      }
      return deliver(account, JSON.stringify(event, null, 2))
    },
    async close() {
      closing.abort()
      for (const resolve of waiting) resolve()
      await Promise.allSettled(underWay)
    },
  }
}
