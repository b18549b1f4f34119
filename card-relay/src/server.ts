import { constants } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AdmissionBounds, makeAdmissionDesk } from './admission.ts'
import { answer, answerAndClose, type Exchange } from './answer.ts'
import { isTrustedProxy } from './caller.ts'
import { type CardMemory, makeCardMemory } from './card-memory.ts'
import { handleCharge, makeChargePlaces, type RouteParts } from './charge-route.ts'
import type { Config } from './config.ts'
import { type ConnectionBounds, makeConnections } from './connections.ts'
import { limits } from './limits.ts'
import type { Log } from './log.ts'
import { makePaymentService } from './payment-service.ts'
import { makeProblemReply, type Refusal } from './problems.ts'
import { makePspClient } from './psp-client.ts'
import { cleansePlaintext } from './psp-connection.ts'
import { announcesBody, type BodyCount, isFramedPlainly } from './request-body.ts'
import { makeRequestId } from './request-id.ts'
import { makeRinse } from './rinse.ts'

export type Relay = {
  /** `https://` address that it listens on. */
  url: string
  /** Counts of body bytes, to show that nothing is read before admission. */
  bodyCount: BodyCount
  memory: CardMemory
  /** Takes no more requests, finishes those under way for at most 10 s, and wipes whatever card data is left. */
  stop(): Promise<void>
}

type Bounds = AdmissionBounds & ConnectionBounds & { charges: number }

/** Starts the relay. Tests pass a `memory` whose buffers they watch, and `bounds` small enough to reach. */
export async function startRelay(
  config: Config,
  log: Log,
  memory: CardMemory = makeCardMemory(),
  bounds: Bounds = limits,
): Promise<Relay> {
  const paymentService = makePaymentService({ url: config.paymentServiceUrl, token: config.internalToken })
  const psp = makePspClient({ origins: config.pspOrigins, ca: config.pspCa, memory })
  const parts: RouteParts = {
    callerSource: config.callerSource,
    desk: makeAdmissionDesk(paymentService, () => performance.now(), bounds),
    places: makeChargePlaces(bounds.charges),
    paymentService,
    psp,
    memory,
    bodyCount: { bytesRead: 0, bytesDiscarded: 0 },
    explain: (refusal, requestId) => {
      log('refused', { requestId, code: refusal.code })
      return makeProblemReply(refusal, { docsUrl: config.docsUrl, requestId })
    },
    log,
  }
  const connections = makeConnections((address) => isTrustedProxy(address, config.callerSource), bounds)
  const underWay = new Set<Promise<void>>()
  const newestResponse = new WeakMap<Socket, ServerResponse>()
  let stopping = false

  function accept(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { socket } = request
    // Node handles pipelined requests all at once, so one connection could ask for any number of things. No client that
    // waits for its answers, as all do in practice, sends a second request before the first is answered.
    if (newestResponse.get(socket)?.writableEnded === false) {
      socket.destroy()
      return
    }
    newestResponse.set(socket, response)
    connections.mark(socket, 'busy')
    const startedAt = performance.now()
    const release = () => connections.mark(socket, 'idle')
    const exchange = { request, response, requestId: makeRequestId(), expectsContinue, release }
    response.on('error', () => response.destroy())
    response.once('finish', () => {
      const durationMs = performance.now() - startedAt
      log('request_answered', { requestId: exchange.requestId, status: response.statusCode, durationMs })
    })
    const work = route(exchange, stopping, parts)
      .catch((error: NodeJS.ErrnoException) => {
        log('crashed', { requestId: exchange.requestId, code: error.code ?? error.name })
        response.destroy()
      })
      // Under way until the answer has left, so that a shutdown does not cut it; a client that went away ends it too.
      .then(() => finished(response).catch(() => undefined))
      .finally(() => {
        underWay.delete(work)
        rinseSoon()
        // Unless a next request came on it already.
        if (newestResponse.get(socket) === response) release()
      })
    underWay.add(work)
  }

  const server = makeServer(config)
  const rinseSoon = makeRinse({ cert: config.tlsCert, key: config.tlsKey })
  server.on('connection', connections.open)
  // Also for a client that went away half-way through its body, or whose bytes were no request.
  server.on('secureConnection', (socket) => socket.once('close', rinseSoon))
  server.on('request', (request, response) => accept(request, response, false))
  server.on('checkContinue', (request, response) => accept(request, response, true))
  server.on('clientError', (error, socket) => refuseBrokenRequest(error, socket, config.docsUrl))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, config.host, resolve)
  })
  const { address, family, port } = server.address() as AddressInfo

  async function stop(): Promise<void> {
    stopping = true
    server.close()
    await Promise.race([Promise.allSettled(underWay), sleep(limits.shutdownMs, undefined, { ref: false })])
    memory.wipeAll()
    server.closeAllConnections()
    psp.close()
    paymentService.close()
  }

  const host = family === 'IPv6' ? `[${address}]` : address
  return { url: `https://${host}:${port}`, bodyCount: parts.bodyCount, memory, stop }
}

function makeServer(config: Config): https.Server {
  const server = https.createServer({
    cert: config.tlsCert,
    key: config.tlsKey,
    ...(config.clientCa === undefined ? {} : { ca: config.clientCa }),
    requestCert: config.callerSource.kind === 'handshake',
    // A client without a trusted certificate gets an answer that says so, from admission; it is never admitted.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    // No tickets: each connection proves its certificate anew, so that one which ran out is not carried on.
    secureOptions: cleansePlaintext | constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    handshakeTimeout: limits.handshakeTimeoutMs,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: 1_000,
  })
  server.maxConnections = limits.connections
  server.maxRequestsPerSocket = limits.requestsPerConnection
  return server
}

/** The relay has two routes. An address with a query is neither: nothing of a charge belongs into an address. */
async function route(exchange: Exchange, isStopping: boolean, parts: RouteParts): Promise<void> {
  const { method, url } = exchange.request
  if (!isFramedPlainly(exchange.request)) {
    const detail = 'Send the body with `Content-Length`, or on HTTP/1.1 with exactly `Transfer-Encoding: chunked`.'
    return refuse(exchange, { code: 'media_type_unsupported', detail }, parts)
  }
  if (url === '/health' && method === 'GET') return answerPlainly(exchange, parts)
  const allowed = url === '/health' ? 'GET' : url === '/v1/charges' ? 'POST' : null
  if (allowed === null) return refuse(exchange, { code: 'route_not_found' }, parts)
  if (allowed !== method) return refuse(exchange, { code: 'method_not_allowed' }, parts, { allow: allowed })
  if (isStopping) return refuse(exchange, { code: 'service_unavailable' }, parts)
  return handleCharge(exchange, parts)
}

async function answerPlainly(exchange: Exchange, parts: RouteParts): Promise<void> {
  const reply = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' }
  if (announcesBody(exchange.request)) return answerAndClose(exchange, reply, parts.bodyCount)
  answer(exchange, reply)
}

async function refuse(
  exchange: Exchange,
  refusal: Refusal,
  parts: RouteParts,
  extraHeaders: Record<string, string> = {},
): Promise<void> {
  const reply = parts.explain(refusal, exchange.requestId)
  Object.assign(reply.headers, extraHeaders)
  if (announcesBody(exchange.request)) return answerAndClose(exchange, reply, parts.bodyCount)
  answer(exchange, reply)
}

/** What Node could not read as HTTP, or what came too slowly. Its error carries the raw bytes, so it is never logged. */
function refuseBrokenRequest(
  error: Error & { code?: string; rawPacket?: Buffer },
  socket: Duplex,
  docsUrl: string,
): void {
  error.rawPacket?.fill(0)
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT') {
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    return
  }
  const { headers, body } = makeProblemReply({ code: 'request_timeout' }, { docsUrl, requestId: makeRequestId() })
  const head = `Content-Type: ${headers['content-type']}\r\nContent-Length: ${Buffer.byteLength(body)}`
  socket.end(`HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n${head}\r\n\r\n${body}`)
}
