import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import type { Instruction, SendReport } from '@fincore/api-contract/card-door'
import { readBody } from './bounded-read.ts'
import type { Card } from './card.ts'
import type { CardBytes, CardMemory } from './card-memory.ts'
import type { Config } from './config.ts'
import { scanJson } from './json-scanner.ts'
import { limits } from './limits.ts'
import { makePspAgent } from './psp-connection.ts'

type SendInstruction = Extract<Instruction, { do: 'send' }>
export type SendCard = ReturnType<typeof makeSendCard>

/** What the relay answers when it will not send: nothing left, so nothing can have happened. */
export const notSent = { failure: 'refused', requestWasSent: false } as const satisfies SendReport

/** Headers that say whom the message is for and how it is framed are the relay's own to write. */
const ownHeaders = /^(host|connection|content-length|transfer-encoding|expect|upgrade|accept-encoding)$/i

/** `pspOrigins` is the whole of the internet that a card may be sent to. */
export function makeSendCard({ pspOrigins, pspCa }: Config, memory: CardMemory) {
  const agent = makePspAgent(pspCa)

  /**
   * Sends the card where the instruction says, within its `timeoutMs` from now, and reports. Never sends twice, and never
   * begins to send after that time.
   */
  return async (instruction: SendInstruction, card: Card): Promise<SendReport> => {
    const url = readAddress(instruction, pspOrigins)
    using body = url && spliceCard(instruction.body, card, memory)
    if (url === null || body === null) return notSent
    const timeoutMs = Math.trunc(Math.min(instruction.timeoutMs, limits.pspTimeoutMs))
    const endsAt = performance.now() + timeoutMs
    const signal = AbortSignal.timeout(timeoutMs)
    let requestWasSent = false
    function fail(unsent: 'refused' | 'tls'): SendReport {
      const isLate = signal.aborted || performance.now() >= endsAt
      return { failure: isLate ? 'timeout' : requestWasSent ? 'reset' : unsent, requestWasSent }
    }
    try {
      const given = Object.entries(instruction.headers).filter(([name]) => !ownHeaders.test(name))
      const headers = { ...Object.fromEntries(given), 'content-length': body.length, 'accept-encoding': 'identity' }
      const request = https.request(url, { method: 'POST', headers, agent, signal })
      request.once('socket', () => {
        // In a process that stood still, the socket may come before the timer is seen. Nothing is written to it yet.
        if (performance.now() >= endsAt) request.destroy()
        // The agent gives a socket only after a trusted handshake, and Node writes to it at once.
        else requestWasSent = true
      })
      request.on('error', () => {}).end(body)
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      const report = await readBody(response, { bytes: limits.pspReplyBytes, timeoutMs }, memory, (reply) => {
        const isPlain = (response.headers['content-encoding'] ?? 'identity') === 'identity'
        // No header is reported: no adapter reads one, and each would be another place for an echo.
        const wanted = isPlain ? readWantedFields(reply, instruction.replyFields, card.search) : ''
        return { status: response.statusCode ?? 0, headers: {}, body: wanted }
      })
      if (typeof report !== 'string') return report
      response.destroy()
      return fail('refused')
    } catch (error) {
      // Node's errors may quote what they were given, so nothing is taken over but how far a connection came.
      return fail(error instanceof Error && error.cause === 'tls' ? 'tls' : 'refused')
    }
  }
}

/** Whether an instruction has the contract's shape. It is looked at before anything of it is used. */
export function isWellFormed(answer: SendInstruction): boolean {
  const { attempt, to, headers, body, timeoutMs, replyFields } = answer
  const texts: unknown[] = [attempt, to, body, ...Object.values(headers ?? [null]), ...Object.values(replyFields ?? [])]
  const isTextual = texts.every((text) => typeof text === 'string')
  return answer.do === 'send' && isTextual && Array.isArray(replyFields) && Number.isFinite(timeoutMs)
}

/** Where to send; null when the card is not sent there, or not with such headers. */
function readAddress({ to, headers, replyFields }: SendInstruction, origins: readonly string[]): URL | null {
  const url = URL.parse(to)
  if (url === null || !origins.includes(url.origin) || url.protocol !== 'https:') return null
  // A placeholder belongs into the body alone, and a user or a password into no address.
  const isPlain = url.username === '' && url.password === '' && !/%7b|\{\{/i.test(to + JSON.stringify(headers))
  return isPlain && replyFields.length <= limits.replyFields ? url : null
}

/**
 * Splices the card into a request's body, as bytes. Null when the template is not one: `{{card.number}}` must stand in
 * it exactly once, `{{card.cvc}}` at most once, and no other `{{card.` at all.
 */
function spliceCard(template: string, card: Card, memory: CardMemory): CardBytes | null {
  // Splitting on a pattern with a group gives the texts between, and what the pattern found at the odd places.
  const pieces = template.split(/(\{\{card\.[^}]*\}{0,2})/)
  const placeholders = pieces.filter((_, index) => index % 2 === 1)
  if (!/^(\{\{card\.cvc\}\},)?\{\{card\.number\}\}$/.test(placeholders.sort().join())) return null

  const digits = new Map(Object.entries({ '{{card.number}}': card.number, '{{card.cvc}}': card.cvc }))
  const parts = pieces.map((piece) => digits.get(piece) ?? Buffer.from(piece))
  const body = memory.take(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) at += part.copy(body, at)
  return body
}

/**
 * What of a PSP's reply may be known outside the relay: the values at the wanted paths, and nothing else that anyone
 * wrote. Every other key, string and number is overwritten in place (texts with `*`, numbers with `0`), and so is a
 * wanted value that holds the card number, or that is the security code. Empty for what is no JSON object: then the
 * outcome stays unknown, and the payment service looks it up.
 */
export function readWantedFields(reply: Buffer, wanted: readonly string[], search: Card['search']): string {
  const scan = scanJson(reply, wanted)
  if ('code' in scan) return ''
  for (const { kind, path, start, end } of scan.tokens) {
    const value = reply.subarray(start, end)
    const isText = kind === 'string' || kind === 'key'
    // A number that equals the code is left: it is an amount or a month, and three digits prove nothing.
    const isKept = path !== null && !search.holdsNumber(value) && !(kind === 'string' && search.isCode(value))
    if (isText && !isKept) value.fill('*')
    if (kind === 'number' && !isKept) value.fill(' ').fill('0', 0, 1)
  }
  return reply.toString('utf8')
}
