import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from '@fincore/api-contract/card-door'
import { drain } from './bounded-read.ts'
import { discardLimits } from './limits.ts'

/** One request and what answers it. `isWaiting`: the client waits for `100 Continue` before it sends its body. */
export type Exchange = { request: IncomingMessage; response: ServerResponse; requestId: string; isWaiting: boolean }

/** Headers of the connection, which are never taken over from the payment service's reply. */
const connectionHeaders = /^(connection|content-length|date|keep-alive|transfer-encoding|upgrade)$/i

/** The digits of ids, in Crockford's base 32. */
const digits = '0123456789abcdefghjkmnpqrstvwxyz'

/** Makes `req_` and 26 digits, as the payment service does: 48 bits of the time in milliseconds, and 80 random ones. */
export function makeRequestId(): string {
  const time = Array.from(Date.now().toString(32).padStart(10, '0'), (digit) => Number.parseInt(digit, 32))
  return `req_${[...time, ...randomBytes(16)].map((value) => digits[value % 32]).join('')}`
}

/**
 * Answers. Where the body, or a rest of it, is still to come, the connection is closed; and what the client goes on
 * sending is thrown away for a while, unseen and overwritten: without that the connection would be reset under a client
 * that is still sending, and it would never read why it was refused.
 */
export async function answer({ request, response, requestId, isWaiting }: Exchange, reply: Reply): Promise<void> {
  if (response.destroyed) return
  const { 'transfer-encoding': encoding, 'content-length': length = 0 } = request.headers
  const isBodyLeft = !request.readableEnded && (encoding !== undefined || Number(length) > 0)
  response.writeHead(reply.status, {
    ...Object.fromEntries(Object.entries(reply.headers).filter(([name]) => !connectionHeaders.test(name))),
    'content-length': Buffer.byteLength(reply.body),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...(isBodyLeft && { connection: 'close' }),
  })
  // The whole answer leaves now; the end, after which Node closes, waits until the client has stopped sending.
  response.write(reply.body)
  if (isBodyLeft && !isWaiting) await drain(request, discardLimits, () => {})
  response.end()
}
