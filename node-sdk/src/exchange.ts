import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as sendHttp } from 'node:http'
import { Agent as HttpsAgent, request as sendHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { RelayOptions } from './options.ts'

/** A request as it goes out, and what bounds it. */
export type Sent = {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: string | null
  timeoutMs: number
  signal: AbortSignal | undefined
}

/** An answer that came whole, or why none did. `wasSent: false` is proof that FinCore has not heard of the request. */
export type Reply =
  | { status: number; headers: IncomingMessage['headers']; text: string }
  | { failure: Failure; wasSent: boolean; systemCode: string | null }
export type Failure = 'no_connection' | 'connection_lost' | 'timeout' | 'aborted' | 'answer_too_large'

/** One address of FinCore, with kept connections. */
export type Door = { url: string; send: (request: Sent) => Promise<Reply>; close: () => void }

const largestAnswer = 16 * 1024 * 1024
// A free connection holds no process open. Where the server says how long it keeps one, Node goes by that.
const agentOptions = { keepAlive: true, maxFreeSockets: 32 }

/** Opens a door. Certificates are always verified: no option, and no environment variable either, turns that off. */
export function openDoor(url: string, identity: Omit<RelayOptions, 'url'> | null): Door {
  const { protocol, pathname } = new URL(url)
  const prefix = pathname.replace(/\/+$/, '')
  const isTls = protocol === 'https:'
  const agent = isTls
    ? new HttpsAgent({
        ...agentOptions,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        ...(identity !== null && { cert: asPem(identity.cert), key: asPem(identity.key) }),
        ...(identity?.ca !== undefined && { ca: asPem(identity.ca) }),
      })
    : new HttpAgent(agentOptions)
  return {
    url,
    close: () => agent.destroy(),
    send(request) {
      const { method, headers } = request
      const options = { agent, method, headers, path: prefix + request.path }
      return carry(request, isTls, () => (isTls ? sendHttps(url, options) : sendHttp(url, options)))
    },
  }
}

const asPem = (pem: string | Uint8Array) => (typeof pem === 'string' ? pem : Buffer.from(pem))

/** Sends once, reads all of the answer within the bounds, and never rejects. */
function carry(request: Sent, isTls: boolean, open: () => ClientRequest): Promise<Reply> {
  return new Promise((resolve) => {
    let isConnected = false
    let failure: Failure | null = null
    const outgoing = open()
    const finish = (reply: Reply) => {
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', abort)
      resolve(reply)
    }
    const stop = (why: Failure) => {
      failure ??= why
      outgoing.destroy()
      finish({ failure, wasSent: isConnected, systemCode: null })
    }
    const abort = () => stop('aborted')
    const timer = setTimeout(() => stop('timeout'), request.timeoutMs)
    request.signal?.addEventListener('abort', abort, { once: true })

    outgoing.once('socket', (socket: Socket) => {
      if (outgoing.reusedSocket) isConnected = true
      else socket.once(isTls ? 'secureConnect' : 'connect', () => (isConnected = true))
    })
    // Of the error only its code is kept: its text, or the bytes that hang on it, could quote what was sent.
    const fail = (error: NodeJS.ErrnoException) => {
      const systemCode = /^[A-Z][A-Z0-9_]{1,60}$/.test(error.code ?? '') ? (error.code ?? null) : null
      finish({ failure: isConnected ? 'connection_lost' : 'no_connection', wasSent: isConnected, systemCode })
    }
    outgoing.on('error', fail)
    outgoing.once('response', (answer) => {
      const chunks: Buffer[] = []
      let size = 0
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > largestAnswer) stop('answer_too_large')
        else chunks.push(chunk)
      })
      answer.once('error', fail)
      answer.once('end', () => {
        if (failure === null)
          finish({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() })
      })
    })
    outgoing.end(request.body ?? undefined)
  })
}
