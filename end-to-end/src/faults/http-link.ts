import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpFault } from './http-faults.ts'

/** The moments of an exchange at which its bytes can be held: what happens meanwhile, happens exactly there. */
export type HttpMoment = 'request seen' | 'request passed on' | 'reply seen' | 'reply passed on'

/** One request on its way through a link, and its reply once that is there. */
export type Exchange = {
  link: string
  method: string
  path: string
  body: string
  /** Of the reply; null until it was seen. */
  status: number | null
  /** The port of the target that took it; null until one did. */
  servedBy: number | null
}

export type HttpLinkOptions = {
  name: string
  port: number
  /** Ports of 127.0.0.1 that can serve a request; they take turns, and one that refuses is passed over. */
  targets: readonly number[]
  /** Files of the server's certificate and key, and of the authority that the target's certificate is checked by. */
  tls?: { cert: string; key: string; ca: string }
  /** What shall happen to this exchange; null for nothing. */
  chooseFault(exchange: Exchange): HttpFault | null
  /** Told of each moment; the bytes wait until it returns. */
  reached(moment: HttpMoment, exchange: Exchange): Promise<void>
}

/** What becomes of new connections. */
export type LinkState = 'open' | 'refusing' | 'black hole'

export type HttpLink = {
  name: string
  /** Refusing: nothing listens. Black hole: connections are taken, and nothing comes back, on open ones neither. */
  set(state: LinkState): Promise<void>
  close(): Promise<void>
}

type Reply = { status: number; headers: http.IncomingHttpHeaders; body: Buffer }

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect'])

/**
 * A proxy between two processes that knows where a message ends, so that a fault strikes at an exact place: before the
 * request was passed on, after it, or in the middle of the reply. Of TLS it is both ends, with the certificates of the
 * development's authority, and the bytes that it counts are those inside.
 */
export async function startHttpLink(options: HttpLinkOptions): Promise<HttpLink> {
  const { name, tls, reached } = options
  const agent = tls
    ? new https.Agent({ keepAlive: true, ca: readFileSync(tls.ca) })
    : new http.Agent({ keepAlive: true })
  let state: LinkState = 'open'
  let turn = 0
  /** By the caller's port: of TLS only the socket below can be reset. */
  const sockets = new Map<number, net.Socket>()
  const reset = (socket: net.Socket) => {
    sockets.get(socket.remotePort ?? 0)?.resetAndDestroy()
    socket.destroy()
  }

  const handle = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    // The TLS socket, or the plain one: what is written to it are the bytes of HTTP.
    const socket = request.socket
    const body = await readAll(request)
    const exchange: Exchange = {
      link: name,
      method: request.method ?? '',
      path: request.url ?? '',
      body: body.toString('utf8'),
      status: null,
      servedBy: null,
    }
    if (state === 'black hole') return
    const fault = options.chooseFault(exchange)
    await reached('request seen', exchange)
    if (fault?.kind === 'reset before sent') return reset(socket)
    if (fault?.kind === 'black hole') return
    if (fault?.kind === 'delay') await sleep(fault.ms)
    const asked = pass(request, body, exchange)
    void reached('request passed on', exchange)
    if (fault?.kind === 'sent twice') await pass(request, body, exchange)
    const reply = await asked
    if (reply === null) return reset(socket)
    exchange.status = reply.status
    await reached('reply seen', exchange)
    switch (fault?.kind) {
      case 'reset after sent':
        return reset(socket)
      case 'reply lost':
        return
      case 'bad gateway': {
        response.writeHead(502, { 'content-type': 'text/html', connection: 'close' })
        response.end('<html><body><h1>502 Bad Gateway</h1></body></html>')
        return
      }
      case 'cut reply': {
        const bytes = serialize(reply)
        const end = Math.floor(bytes.length * fault.at)
        socket.write(bytes.subarray(0, end), () => (fault.politely ? socket.destroySoon() : reset(socket)))
        return
      }
      case 'drip':
        await drip(socket, serialize(reply), fault.ms)
        break
      default: {
        const headers = Object.entries(reply.headers).filter(([header]) => !hopByHop.has(header))
        response.writeHead(reply.status, { ...Object.fromEntries(headers), 'content-length': reply.body.length })
        response.end(reply.body)
      }
    }
    await reached('reply passed on', exchange)
  }

  /** Asks the targets in turn; null when none took the request, or its connection broke. */
  const pass = async (request: http.IncomingMessage, body: Buffer, exchange: Exchange): Promise<Reply | null> => {
    for (let tries = 0; tries < options.targets.length; tries++) {
      const port = options.targets[turn++ % options.targets.length] ?? 0
      exchange.servedBy = port
      const answer = await ask(port, request, body)
      if (answer !== 'refused') return answer
    }
    return null
  }
  const ask = (port: number, request: http.IncomingMessage, body: Buffer): Promise<Reply | 'refused' | null> =>
    new Promise((resolve) => {
      const headers = Object.entries(request.headers).filter(([header]) => !hopByHop.has(header))
      const asked = (tls ? https : http).request(
        {
          host: '127.0.0.1',
          port,
          method: request.method,
          path: request.url,
          headers: { ...Object.fromEntries(headers), ...(body.length > 0 ? { 'content-length': body.length } : {}) },
          agent,
        },
        (reply) => {
          readAll(reply).then(
            (bytes) => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: bytes }),
            () => resolve(null),
          )
        },
      )
      asked.on('error', (error: Error & { code?: string }) => {
        // A kept connection that its end had closed already never carried the request: the next one may.
        const neverSent = error.code === 'ECONNREFUSED' || (asked.reusedSocket && error.code === 'ECONNRESET')
        resolve(neverSent && request.method !== 'POST' ? 'refused' : error.code === 'ECONNREFUSED' ? 'refused' : null)
      })
      asked.end(body)
    })

  const serve: http.RequestListener = (request, response) => {
    handle(request, response).catch(() => reset(request.socket))
  }
  const server = tls
    ? https.createServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, serve)
    : http.createServer(serve)
  server.on('clientError', (_error, socket) => socket.destroy())
  server.on('tlsClientError', () => {})
  const all = new Set<net.Socket>()
  const accept = (socket: net.Socket) => {
    const port = socket.remotePort ?? 0
    sockets.set(port, socket)
    all.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      all.delete(socket)
      // Its port may be another's by now.
      if (sockets.get(port) === socket) sockets.delete(port)
    })
    if (state === 'open') server.emit('connection', socket)
  }
  let listener = await listen(options.port, accept)
  const cutAll = () => {
    for (const socket of all) socket.resetAndDestroy()
  }
  /** Takes no more connections, and only then cuts those there are: otherwise one that comes in between stays. */
  const stopListening = async () => {
    const closed = closeListener(listener)
    cutAll()
    await closed
  }
  return {
    name,
    async set(next) {
      const before = state
      state = next
      if (next === 'refusing' && before !== 'refusing') await stopListening()
      if (next !== 'refusing' && before === 'refusing') listener = await listen(options.port, accept)
      // What was swallowed stays so: whoever waits on such a connection must find out by a clock of its own.
    },
    async close() {
      agent.destroy()
      if (listener.listening) await stopListening()
      else cutAll()
    },
  }
}

export function listen(port: number, accept: (socket: net.Socket) => void): Promise<net.Server> {
  const server = net.createServer({ noDelay: true }, accept)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

export function closeListener(server: net.Server): Promise<void> {
  return new Promise((done) => server.close(() => done()))
}

async function readAll(stream: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  if (!stream.complete) throw new Error('The message ended too early')
  return Buffer.concat(chunks)
}

function serialize({ status, headers, body }: Reply): Buffer {
  const lines = Object.entries(headers)
    .filter(([header]) => !hopByHop.has(header))
    .map(([header, value]) => `${header}: ${value}\r\n`)
  const head = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\n${lines.join('')}content-length: ${body.length}\r\nconnection: close\r\n\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}

/** Byte by byte, several of them in one tick of the clock when there is little time. */
async function drip(socket: net.Socket, bytes: Buffer, ms: number): Promise<void> {
  const startedAt = performance.now()
  for (let sent = 0; sent < bytes.length && !socket.destroyed; ) {
    const due = Math.ceil(((performance.now() - startedAt) / ms) * bytes.length)
    for (; sent < Math.min(due, bytes.length); sent++) socket.write(bytes.subarray(sent, sent + 1))
    await sleep(5)
  }
  socket.destroySoon()
}
