import { once } from 'node:events'
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

export type ReceivedEvent = { type: string; data: { object: { object: string; id: string } } }

export type WebhookReceiver = {
  url: string
  /** The endpoint's `whsec_…`, known only after it was registered. */
  useSecret(secret: string): void
  events: ReceivedEvent[]
  wrongSignatures(): number
  /** The first event that fits, also one that came already; null when none comes in time. */
  waitFor(fits: (event: ReceivedEvent) => boolean, timeoutMs: number): Promise<ReceivedEvent | null>
  close(): Promise<void>
}

const maxBodyBytes = 256 * 1024

/** A merchant's webhook endpoint on a free port of loopback. It answers 204 only to a right signature. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  let webhook: Webhook | undefined
  let wrong = 0
  const events: ReceivedEvent[] = []
  const listeners = new Set<() => void>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of request) {
      size += chunk.length
      if (size > maxBodyBytes) {
        response.writeHead(413).end()
        return
      }
      chunks.push(chunk)
    }
    try {
      if (!webhook) throw new Error('The secret is not known yet')
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      events.push(webhook.verify(Buffer.concat(chunks).toString('utf8'), headers) as ReceivedEvent)
      response.writeHead(204).end()
      for (const listener of listeners) listener()
    } catch {
      wrong += 1
      response.writeHead(400).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The webhook receiver has no port')
  return {
    url: `http://127.0.0.1:${address.port}/webhooks`,
    events,
    useSecret: (secret) => {
      webhook = new Webhook(secret)
    },
    wrongSignatures: () => wrong,
    waitFor: (fits, timeoutMs) =>
      new Promise((resolve) => {
        const finish = (event: ReceivedEvent | null) => {
          clearTimeout(timer)
          listeners.delete(look)
          resolve(event)
        }
        const look = () => {
          const found = events.find(fits)
          if (found) finish(found)
        }
        const timer = setTimeout(() => finish(null), timeoutMs)
        listeners.add(look)
        look()
      }),
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
