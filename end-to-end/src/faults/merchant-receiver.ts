import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Journal } from './journal.ts'

/** An event as it arrived, each time it arrived. */
export type ReceivedEvent = {
  id: string
  type: string
  body: string
  object: Readonly<Record<string, unknown>>
  /** In milliseconds since the drill began. */
  at: number
}

export type MerchantReceiver = {
  useSecret(secret: string): void
  received: readonly ReceivedEvent[]
  wrongSignatures(): number
  /** Events whose time stamp was more than five minutes off: a merchant who checks it asks for them again. */
  staleStamps(): number
  close(): Promise<void>
}

const toleranceS = 300

/**
 * The merchant's webhook endpoint. It checks the signature (Standard Webhooks); a time stamp that is far off it counts
 * and takes, because how far clocks may differ is not what is judged here.
 */
export async function startMerchantReceiver(port: number, journal: Journal): Promise<MerchantReceiver> {
  const received: ReceivedEvent[] = []
  let key = Buffer.alloc(0)
  let wrong = 0
  let stale = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('utf8')
    const id = String(request.headers['webhook-id'])
    const stamp = String(request.headers['webhook-timestamp'])
    const expected = `v1,${createHmac('sha256', key).update(`${id}.${stamp}.${body}`).digest('base64')}`
    if (!String(request.headers['webhook-signature']).split(' ').includes(expected)) {
      wrong++
      response.writeHead(400).end()
      return
    }
    if (Math.abs(Date.now() / 1000 - Number(stamp)) > toleranceS) stale++
    const event = JSON.parse(body) as { type: string; data: { object: Record<string, unknown> } }
    received.push({ id, type: event.type, body, object: event.data.object, at: journal.now() })
    response.writeHead(204).end()
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    useSecret: (secret) => {
      key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    },
    received,
    wrongSignatures: () => wrong,
    staleStamps: () => stale,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
