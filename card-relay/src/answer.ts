import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from '@fincore/api-contract/card-door'
import { announcesBody, type BodyCount, discardBody } from './request-body.ts'

/** One request and what answers it. `expectsContinue`: the client waits for `100 Continue` before it sends its body. */
export type Exchange = {
  request: IncomingMessage
  response: ServerResponse
  requestId: string
  expectsContinue: boolean
  /** Says that the answer is written: the connection counts as idle from now on, whatever the client still sends. */
  release(): void
}

/** Headers of the connection, which are never taken over from the payment service's reply. */
const connectionHeaders = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/** Answers a request whose body was read, or that has none; the connection stays open for the next one. */
export function answer(exchange: Exchange, reply: Reply): void {
  const { response } = exchange
  if (response.headersSent || response.destroyed) return
  response.writeHead(reply.status, makeHeaders(exchange, reply))
  response.end(reply.body)
}

/** Answers a request whose body was not read to its end, and closes the connection. */
export async function answerAndClose(exchange: Exchange, reply: Reply, count: BodyCount): Promise<void> {
  const { request, response } = exchange
  if (response.headersSent || response.destroyed) return
  response.writeHead(reply.status, { ...makeHeaders(exchange, reply), connection: 'close' })
  // The whole answer leaves now; the end, after which Node closes, waits until the client has stopped sending.
  response.write(reply.body)
  exchange.release()
  if (!exchange.expectsContinue && announcesBody(request)) await discardBody(request, count)
  response.end()
}

function makeHeaders(exchange: Exchange, reply: Reply): Record<string, string | number> {
  const headers: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(reply.headers)) {
    if (!connectionHeaders.has(name.toLowerCase())) headers[name.toLowerCase()] = value
  }
  headers['content-length'] = Buffer.byteLength(reply.body)
  headers['cache-control'] = 'no-store'
  headers['x-request-id'] = exchange.requestId
  return headers
}
