import type { LookupFunction, Socket } from 'node:net'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import type { KeptAnswer } from '../../store/webhook-tries.ts'
import { type AddressPolicy, isAllowedAddress, isLoopbackAddress } from '../../webhook-addresses/address-guard.ts'
import { findFaultInUrl } from '../../webhook-addresses/check-webhook-url.ts'
import {
  createCheckedLookup,
  notAllowedCode,
  type Resolve,
  resolveByDns,
} from '../../webhook-addresses/checked-lookup.ts'
import { type AnswerStart, keepAnswer, readAnswerBytes } from './keep-answer.ts'

/** What became of one try: an HTTP status and what is kept of the answer, or one word for why there is none. */
export type SendResult =
  | { status: number; retryAfter: string | null; answer: KeptAnswer }
  | { error: 'timeout' | 'address_not_allowed' | 'name_not_found' | 'refused' | 'reset' | 'tls' | 'unreadable' }

export type WebhookSender = {
  /** Posts a webhook; never throws, never follows a redirect, ends within the timeout. */
  send(url: string, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<SendResult>
  close(): Promise<void>
}

/** From the first packet to the last byte of the answer; Standard Webhooks recommends 15 to 30 s. */
export const defaultTimeoutMs = 15_000
/** An answer is read to its end only up to this size, so that its connection can be used again. */
const maxAnswerBytes = 16_384
const maxHeaderBytes = 16_384
/**
 * While more connections than this are open, each is closed after its answer. A receiver may ask to keep them, an endpoint
 * has dozens, and a merchant can give many origins: without a bound they fill the memory of whoever sends.
 */
const defaultKeptConnections = 512

export function createWebhookSender(
  policy: AddressPolicy,
  options: { resolve?: Resolve; timeoutMs?: number; connectionsPerOrigin: number; keptConnections?: number },
): WebhookSender {
  const { resolve = resolveByDns, timeoutMs = defaultTimeoutMs, keptConnections = defaultKeptConnections } = options
  const open = new Set<Socket>()
  const connectBy = (lookup: LookupFunction): buildConnector.connector => {
    const connect = buildConnector({ lookup, timeout: Math.min(timeoutMs, 10_000) })
    return (to, tell) =>
      connect(to, (...outcome) => {
        const [, socket] = outcome
        if (socket) open.add(socket.once('close', () => open.delete(socket)))
        tell(...outcome)
      })
  }
  const createAgent = (lookup: LookupFunction) =>
    new Agent({
      connect: connectBy(lookup),
      connections: options.connectionsPerOrigin,
      pipelining: 1,
      keepAliveTimeout: 10_000,
      keepAliveMaxTimeout: 60_000,
      maxHeaderSize: maxHeaderBytes,
    })
  const agents = {
    'https:': createAgent(createCheckedLookup(resolve, (address) => isAllowedAddress(address, policy))),
    // Without TLS a name is believed for loopback alone.
    'http:': createAgent(createCheckedLookup(resolve, (address) => isLoopbackAddress(address) && policy.allowLoopback)),
  }
  return {
    async send(text, headers, body, signal) {
      // The lookup is not called for an address that stands in the URL itself, so those are checked here.
      if (findFaultInUrl(text, policy) !== null) return { error: 'address_not_allowed' }
      const url = new URL(text)
      const agent = url.protocol === 'https:' ? agents['https:'] : agents['http:']
      const request = { headers, body, reset: open.size >= keptConnections }
      return post(agent, url, request, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]))
    },
    async close() {
      await Promise.all(Object.values(agents).map((agent) => agent.destroy()))
    },
  }
}

async function post(
  agent: Agent,
  url: URL,
  request: { headers: Record<string, string>; body: string; reset: boolean },
  signal: AbortSignal,
): Promise<SendResult> {
  let answer: Dispatcher.ResponseData
  try {
    answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      ...request,
      signal,
    })
  } catch (error) {
    return { error: nameFailure(error, signal) }
  }
  return {
    status: answer.statusCode,
    retryAfter: textOf(answer.headers['retry-after']),
    answer: keepAnswer(await readStart(answer, signal)),
  }
}

/**
 * Reads the beginning of an answer, and the rest to its end when it is not long. The status has been given, so what
 * happens here changes nothing: an answer that breaks off, or does not end in time, is kept as far as it came.
 */
async function readStart({ headers, body }: Dispatcher.ResponseData, signal: AbortSignal): Promise<AnswerStart> {
  const chunks: Buffer[] = []
  let length = 0
  const giveUp = () => body.destroy()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (length < readAnswerBytes) chunks.push(chunk.subarray(0, readAnswerBytes - length))
      length += chunk.length
      // Leaving the loop destroys the body, and with it the connection.
      if (length > maxAnswerBytes) break
    }
  } catch {
    // What came is all there is.
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
  return {
    bytes: Buffer.concat(chunks),
    goesOn: length > readAnswerBytes,
    contentType: textOf(headers['content-type']),
    contentEncoding: textOf(headers['content-encoding']),
  }
}

function textOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null
}

const failureByCode: Readonly<Record<string, Extract<SendResult, { error: string }>['error']>> = {
  [notAllowedCode]: 'address_not_allowed',
  ENOTFOUND: 'name_not_found',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  EADDRNOTAVAIL: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
}

function nameFailure(error: unknown, signal: AbortSignal): Extract<SendResult, { error: string }>['error'] {
  if (signal.aborted) return 'timeout'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code in failureByCode) return failureByCode[code] ?? 'unreadable'
  return /CERT|TLS|SSL|SIGN|ALTNAME|EPROTO/.test(code) ? 'tls' : 'unreadable'
}
