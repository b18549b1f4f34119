import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Instruction, SendReport } from '@fincore/api-contract/card-door'
import type { Card } from './card-body.ts'
import type { CardMemory } from './card-memory.ts'
import { holdsCardNumber, starCardNumber } from './card-search.ts'
import { headerHoldsCode, starCardCode } from './code-search.ts'
import { limits } from './limits.ts'
import { type ConnectionFailure, makePspAgent } from './psp-connection.ts'
import { holdsPlaceholder, spliceCard } from './template.ts'

export type SendInstruction = Extract<Instruction, { do: 'send' }>

export type PspClient = {
  /**
   * Sends the card where the instruction says, within its `timeoutMs` from now, and reports. Never throws, never sends
   * twice, and never begins to send after that time.
   */
  send(instruction: SendInstruction, card: Card): Promise<SendReport>
  close(): void
}

/** What the relay answers when it will not send: nothing left, so nothing can have happened. */
export const notSent = { failure: 'refused', requestWasSent: false } as const satisfies SendReport

/** Headers that say how the message is framed are the relay's own to write. */
const framingHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'accept-encoding',
])

/** `origins` is the whole of the internet that a card may be sent to. */
export function makePspClient(from: {
  origins: readonly string[]
  ca: string | undefined
  memory: CardMemory
}): PspClient {
  const { memory } = from
  const origins = new Set(from.origins)
  const agent = makePspAgent(from.ca)

  async function send(instruction: SendInstruction, card: Card): Promise<SendReport> {
    const url = URL.parse(instruction.to)
    if (url === null || !origins.has(url.origin) || url.protocol !== 'https:') return notSent
    if (url.username !== '' || url.password !== '' || /[{}]/.test(decodeLoosely(instruction.to))) return notSent
    if (Object.entries(instruction.headers).flat().some(holdsPlaceholder)) return notSent
    const body = spliceCard(instruction.body, card, memory)
    if (body === null) return notSent
    try {
      return await exchange(url, instruction, body, card)
    } finally {
      memory.wipe(body)
    }
  }

  function exchange(url: URL, instruction: SendInstruction, body: Buffer, card: Card): Promise<SendReport> {
    return new Promise((resolve) => {
      let mayHaveLeft = false
      const request = openRequest(url, instruction, body.length, agent)
      if (request === null) return resolve(notSent)
      const settle = (report: SendReport) => {
        clearTimeout(timer)
        resolve(report)
      }
      const giveUp = (failure: 'reset' | 'timeout' | ConnectionFailure) => {
        settle({ failure, requestWasSent: mayHaveLeft })
        request.destroy()
      }
      const timeoutMs = Math.min(Math.max(instruction.timeoutMs, 1), limits.pspTimeoutMs)
      const endsAt = performance.now() + timeoutMs
      const timer = setTimeout(() => giveUp('timeout'), timeoutMs)
      request.once('socket', () => {
        // In a process that stood still, the socket may come before the timer is seen. Nothing is written to it yet.
        if (performance.now() >= endsAt) return giveUp('timeout')
        // The agent gives a socket only after a trusted handshake, and Node writes to it at once.
        mayHaveLeft = true
      })
      request.on('error', (error) => giveUp(mayHaveLeft || error.cause === undefined ? 'reset' : readCause(error)))
      request.once('response', (response) => {
        readReply(response, card, memory).then(
          (report) => (report === null ? giveUp('reset') : settle(report)),
          () => giveUp('reset'),
        )
      })
      request.end(body)
    })
  }

  return { send, close: () => agent.destroy() }
}

function openRequest(url: URL, instruction: SendInstruction, length: number, agent: https.Agent) {
  const own = Object.entries(instruction.headers).filter(([name]) => !framingHeaders.has(name.toLowerCase()))
  const headers = { ...Object.fromEntries(own), 'content-length': length, 'accept-encoding': 'identity' }
  try {
    return https.request(url, { method: 'POST', headers, agent })
  } catch {
    // Node refuses header names and values that HTTP does not allow; its error text quotes them, so it goes no further.
    return null
  }
}

/** Reads the PSP's reply, takes every echo of the card out of it, and only then decodes it. Null when it is unusable. */
async function readReply(response: IncomingMessage, card: Card, memory: CardMemory): Promise<SendReport | null> {
  const buffer = memory.take(limits.pspReplyBytes)
  try {
    let length = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const fits = length + chunk.length <= buffer.length
      if (fits) length += chunk.copy(buffer, length)
      chunk.fill(0)
      if (!fits) return null
    }
    if (!response.complete) return null
    const encoding = response.headers['content-encoding'] ?? 'identity'
    const body = encoding === 'identity' ? scrub(buffer.subarray(0, length), card) : ''
    return { status: response.statusCode ?? 0, headers: pickHeaders(response.headers, card), body }
  } finally {
    memory.wipe(buffer)
  }
}

function scrub(body: Buffer, card: Card): string {
  starCardNumber(body, card.number)
  starCardCode(body, card.cvc)
  return body.toString('utf8')
}

/** The reply's headers without lists, which are cookies, and without any that holds the card number or the code. */
function pickHeaders(headers: IncomingHttpHeaders, card: Card): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || holdsCardNumber(Buffer.from(value), card.number)) continue
    if (!headerHoldsCode(name, value, card.cvc)) picked[name] = value
  }
  return picked
}

function readCause(error: Error): ConnectionFailure {
  return error.cause === 'tls' ? 'tls' : 'refused'
}

/** An address that cannot be percent-decoded counts as one with a placeholder, which is refused. */
function decodeLoosely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return '{'
  }
}
