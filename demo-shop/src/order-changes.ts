import type { FastifyReply } from 'fastify'
import type { OrderStore } from './orders/store.ts'

// Proxies close a connection that is silent for a minute.
const heartbeatMs = 25_000
// Far more pages than one small shop has open; further ones still have their reload button.
const mostWatchers = 500
let watchers = 0

/** Keeps the answer open and sends `change` whenever the order changed, until the page goes or the shop is `leaving`. */
export function watchOrder(from: { store: OrderStore; reply: FastifyReply; orderId: string; leaving: AbortSignal }) {
  const { store, reply, orderId, leaving } = from
  if (watchers >= mostWatchers || leaving.aborted) return reply.status(503).send()
  watchers += 1
  reply.hijack()
  const stream = reply.raw
  stream.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  stream.write('retry: 1000\n\n')
  const stopWatching = store.watchOrder(orderId, () => stream.write('event: change\ndata:\n\n'))
  const heartbeat = setInterval(() => stream.write(':\n\n'), heartbeatMs)
  const end = () => stream.end()
  leaving.addEventListener('abort', end)
  stream.once('close', () => {
    watchers -= 1
    stopWatching()
    clearInterval(heartbeat)
    leaving.removeEventListener('abort', end)
  })
  return reply
}
