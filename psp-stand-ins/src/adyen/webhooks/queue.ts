import type { Timings } from '../timings.ts'
import type { Account } from '../world.ts'
import { type Notification, renderNotification } from './notification.ts'

/** Adyen sends up to this many events in one message. */
const mostItems = 6
/** What an endpoint answers to say that it has the message (Adyen, “Handle webhook events”). */
const accepted = '[accepted]'
const longestAnswer = 1_000

export type Webhooks = {
  /** Queues an event for the account's endpoint. @returns what resolves when it was accepted, or there is no endpoint. */
  announce(account: Account, notification: Notification, how?: { twice?: boolean }): Promise<void>
  close(): Promise<void>
}

type Waiting = { item: object; accepted: () => void }

/** Delivers events, those of an account that are due together in one message, again until the endpoint accepts. */
export function createWebhooks(timings: Timings, now: () => number): Webhooks {
  const waiting = new Map<Account, Waiting[]>()
  const closing = new AbortController()
  const timers = new Set<NodeJS.Timeout>()
  const sending = new Set<Promise<void>>()

  const after = (delayMs: number, act: () => void) => {
    if (closing.signal.aborted) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, delayMs)
    timers.add(timer)
  }
  const send = (account: Account, batch: Waiting[], attempt: number) => {
    const body = JSON.stringify({ live: 'false', notificationItems: batch.map(({ item }) => item) })
    const done = post(account, body).then((taken) => {
      if (taken) for (const { accepted: tell } of batch) tell()
      else
        after(Math.min(timings.webhookMaxRetryMs, timings.webhookFirstRetryMs * 2 ** attempt), () =>
          send(account, batch, attempt + 1),
        )
    })
    sending.add(done)
    done.finally(() => sending.delete(done))
  }
  const flush = (account: Account) => {
    const items = waiting.get(account) ?? []
    waiting.delete(account)
    while (items.length > 0) send(account, items.splice(0, mostItems), 0)
  }
  const enqueue = (account: Account, entry: Waiting) => {
    const queue = waiting.get(account)
    if (queue) queue.push(entry)
    else {
      waiting.set(account, [entry])
      after(timings.webhookDelayMs, () => flush(account))
    }
  }
  const post = async (account: Account, body: string): Promise<boolean> => {
    try {
      const response = await fetch(account.webhookUrl ?? '', {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.any([AbortSignal.timeout(timings.webhookTimeoutMs), closing.signal]),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          authorization: `Basic ${Buffer.from(`${account.webhookUser}:${account.webhookPassword}`).toString('base64')}`,
        },
        body,
      })
      const text = await response.text()
      return response.ok && text.length <= longestAnswer && text.includes(accepted)
    } catch {
      return false
    }
  }

  return {
    announce(account, notification, { twice = false } = {}) {
      if (account.webhookUrl === null) return Promise.resolve()
      const item = renderNotification(account, notification, now())
      return new Promise((resolve) => {
        const entry = { item, accepted: resolve }
        enqueue(account, entry)
        if (twice) after(timings.webhookDelayMs * 2, () => enqueue(account, entry))
      })
    },
    async close() {
      closing.abort()
      for (const timer of timers) clearTimeout(timer)
      await Promise.allSettled(sending)
    },
  }
}
