import { constants } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isTrustedProxy } from './caller.ts'
import { makeCardMemory } from './card-memory.ts'
import type { Config } from './config.ts'
import { answer, type Exchange, makeRequestId } from './exchange.ts'
import { type Limits, limits, serverLimits } from './limits.ts'
import type { Log } from './log.ts'
import { makePlaces, namePeer } from './peers.ts'
import { makeProblemReply, unavailable } from './problems.ts'
import { cleansePlaintext } from './psp-connection.ts'
import { makeRinse } from './rinse.ts'
import { makeRoutes } from './routes.ts'
import { tlsProfile } from './tls-profile.ts'

export type Relay = Awaited<ReturnType<typeof startRelay>>

/** Starts the relay. Tests pass a `memory` whose buffers they watch, and bounds small enough to reach. */
export async function startRelay(config: Config, log: Log, memory = makeCardMemory(), bounds: Limits = limits) {
  const { route, bodyCount } = makeRoutes(config, log, memory, bounds)
  const takePlace = makePlaces(bounds.connections, bounds.connectionsPerPeer)
  const newestResponse = new WeakMap<Socket, ServerResponse>()
  const underWay = new Set<Promise<void>>()
  let isStopping = false

  function accept(request: IncomingMessage, response: ServerResponse, isWaiting: boolean): void {
    // Node handles pipelined requests all at once, so one connection could ask for any number of things. No client that
    // waits for its answers, as all do in practice, sends a second request before the first is answered.
    const isEarly = newestResponse.get(request.socket)?.writableEnded === false
    if (isEarly && !request.socket.destroyed) log('refused', { code: 'pipelined_request' })
    if (isEarly) return void request.socket.destroy()
    newestResponse.set(request.socket, response)
    response.on('error', () => response.destroy())
    const work = serve({ request, response, requestId: makeRequestId(), isWaiting }).finally(() => {
      underWay.delete(work)
      rinseSoon()
    })
    underWay.add(work)
  }

  /** Ends when the answer has left, so that a shutdown does not cut it, or when the client went away. Never throws. */
  async function serve(exchange: Exchange): Promise<void> {
    const { request, response, requestId } = exchange
    const startedAt = performance.now()
    try {
      // That it stops does not mean that it does not live.
      const outcome = isStopping && request.url !== '/health/live' ? unavailable : await route(exchange)
      if (outcome === 'client_gone') return log(outcome, { requestId })
      if ('code' in outcome) log('refused', { requestId, code: outcome.code })
      await answer(exchange, 'code' in outcome ? makeProblemReply(outcome, config.docsUrl, requestId) : outcome)
      await finished(response, { signal: AbortSignal.timeout(bounds.answerTimeoutMs) }).catch(() => response.destroy())
      const durationMs = performance.now() - startedAt
      if (response.writableFinished) log('request_answered', { requestId, status: response.statusCode, durationMs })
    } catch (error) {
      // Its message may quote what it was given.
      log('crashed', { requestId, code: error instanceof Error ? error.name : 'unknown' })
      // Safe to send again under the same idempotency key, whatever was done.
      if (response.headersSent) return void response.destroy()
      await answer(exchange, makeProblemReply(unavailable, config.docsUrl, requestId)).catch(() => response.destroy())
    }
  }

  const server = https.createServer({
    cert: config.tlsCert,
    key: config.tlsKey,
    ca: config.clientCa,
    requestCert: config.trustedProxies === undefined,
    // A client without a trusted certificate gets an answer that says so, from admission; it is never admitted.
    rejectUnauthorized: false,
    ...tlsProfile,
    // No tickets: each connection proves its certificate anew, so that one which ran out is not carried on.
    secureOptions: cleansePlaintext | constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    ...serverLimits,
  })
  server.maxConnections = bounds.connections
  const rinseSoon = makeRinse({ cert: config.tlsCert, key: config.tlsKey })
  server.on('connection', (socket: Socket) => {
    // The load balancer holds connections for everybody, and has bounds of its own.
    if (isTrustedProxy(socket.remoteAddress ?? '', config.trustedProxies)) return
    const place = takePlace(namePeer(socket.remoteAddress ?? ''))
    if (place === null) socket.destroy()
    else socket.once('close', place[Symbol.dispose])
  })
  // Also for a client that went away half-way through its body, or whose bytes were no request.
  server.on('secureConnection', (socket) => socket.once('close', rinseSoon))
  server.on('request', (request, response) => accept(request, response, false))
  server.on('checkContinue', (request, response) => accept(request, response, true))
  // What Node could not read as HTTP, or what came too slowly. The error carries the raw bytes, so it is never logged.
  server.on('clientError', (error: Error & { code?: string; rawPacket?: Buffer }, socket: Socket) => {
    error.rawPacket?.fill(0)
    const code = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'malformed_http'
    const { status, headers, body } = makeProblemReply({ code }, config.docsUrl, makeRequestId())
    const all = { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' }
    const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...Object.entries(all).map((pair) => pair.join(': '))]
    if (socket.writable) socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
    // Ended alone, it would keep its place for as long as the other side likes.
    socket.destroySoon()
  })
  await once(server.listen(config.port, config.host), 'listening')
  const { address, family, port } = server.address() as AddressInfo

  /** Takes no more requests, finishes those under way for as long as `shutdownMs`, and wipes whatever card data is left. */
  async function stop(): Promise<void> {
    isStopping = true
    server.close()
    await Promise.race([Promise.allSettled(underWay), sleep(bounds.shutdownMs, undefined, { ref: false })])
    memory.wipeAll()
    server.closeAllConnections()
  }
  return { url: `https://${family === 'IPv6' ? `[${address}]` : address}:${port}`, bodyCount, memory, stop }
}
