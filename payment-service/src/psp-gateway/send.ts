import { createSecureContext, getCACertificates } from 'node:tls'
import { Agent, type Dispatcher } from 'undici'
import type { PspReply, PspRequest } from './port.ts'
import { mostOwnCalls } from './psp-places.ts'

export type Sender = {
  /**
   * Sends one request, once, and never throws. `timeoutMs` bounds the whole exchange, from connecting to the last byte.
   * A failure says with `requestWasSent: false` only what is certain: that no byte of the request left.
   */
  send(request: PspRequest, timeoutMs: number): Promise<PspReply>
  /** Lets what is under way finish, for 10 s at most. */
  close(): Promise<void>
}

/** A reply is a small JSON object; the largest is the look-up of a session with every try of its shopper. */
const maxReplyBytes = 262_144
const connectTimeoutMs = 5_000
const closeWithinMs = 10_000
/** Side by side to one origin: what merchants' requests may wait for, and as many again as look-ups and shoppers cause. */
const connectionsPerOrigin = mostOwnCalls + 256

/**
 * This process's way to PSPs: TLS 1.2 or later, kept connections, one request at a time on each, no redirects, no
 * repeats. `extraCa`: PEM of authorities that are trusted beside Node's own.
 */
export function createSender(options: { extraCa: string | null }): Sender {
  // Made once: reading every authority anew for each connection would cost milliseconds.
  const secureContext = createSecureContext({
    ca: [...getCACertificates('default'), ...(options.extraCa === null ? [] : [options.extraCa])],
    minVersion: 'TLSv1.2',
  })
  const agent = new Agent({
    connections: connectionsPerOrigin,
    pipelining: 1,
    // Below the usual 5 s after which servers close theirs: a request that meets a closing connection must be looked up.
    keepAliveTimeout: 4_000,
    maxResponseSize: maxReplyBytes,
    maxHeaderSize: 16_384,
    // One clock for the whole exchange, below, in place of two coarse ones.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { secureContext, timeout: connectTimeoutMs },
  })
  return {
    send: (request, timeoutMs) => exchange(agent, request, timeoutMs),
    async close() {
      const force = setTimeout(() => void agent.destroy(), closeWithinMs)
      await agent.close().catch(() => {})
      clearTimeout(force)
    },
  }
}

const notSent: PspReply = { failure: 'refused', requestWasSent: false }

function exchange(agent: Agent, request: PspRequest, timeoutMs: number): Promise<PspReply> {
  const url = URL.parse(request.url)
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return Promise.resolve(notSent)
  return new Promise((resolve) => {
    // Set as soon as undici has a connection for the request, before the first byte: also on one that was kept alive
    // and that the PSP may be closing at this very moment.
    let mayHaveLeft = false
    let isOver = false
    let controller: Dispatcher.DispatchController | undefined
    let head: { status: number; headers: Record<string, string> } | undefined
    const chunks: Buffer[] = []
    const settle = (reply: PspReply) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      resolve(reply)
    }
    const timer = setTimeout(() => {
      settle({ failure: 'timeout', requestWasSent: mayHaveLeft })
      controller?.abort(new Error('timeout'))
    }, timeoutMs)
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        controller = started
        // Its time ran out while it waited for a connection, and it was reported as not sent: so it must not be.
        if (isOver) return started.abort(new Error('timeout'))
        mayHaveLeft = true
      },
      onResponseStart(_controller, status, headers) {
        // 1xx comes before the answer.
        if (status >= 200) head = { status, headers: pickHeaders(headers) }
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk)
      },
      onResponseEnd() {
        if (head === undefined) return settle({ failure: 'reset', requestWasSent: mayHaveLeft })
        const encoding = head.headers['content-encoding'] ?? 'identity'
        settle({ ...head, body: encoding === 'identity' ? decode(Buffer.concat(chunks)) : '' })
      },
      onResponseError(_controller, error) {
        settle(
          mayHaveLeft ? { failure: 'reset', requestWasSent: true } : { failure: kindOf(error), requestWasSent: false },
        )
      },
    }
    const { method, headers, body } = request
    try {
      agent.dispatch({ origin: url.origin, path: `${url.pathname}${url.search}`, method, headers, body }, handler)
    } catch {
      // undici refuses headers that HTTP does not allow, and its text quotes them; it goes no further.
      settle(mayHaveLeft ? { failure: 'reset', requestWasSent: true } : notSent)
    }
  })
}

/** OpenSSL's and Node's names of a handshake that failed or a certificate that is not trusted. */
const tlsError =
  /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERROR_IN_|INVALID_|HOSTNAME_MISMATCH$|PATH_LENGTH_EXCEEDED$)/

function kindOf(error: Error & { code?: string }): 'refused' | 'tls' {
  return tlsError.test(error.code ?? '') ? 'tls' : 'refused'
}

/** A reply that is not UTF-8 is not one that can be read. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return ''
  }
}

/** Single values only: what comes as a list is cookies, which nobody here reads. */
function pickHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
