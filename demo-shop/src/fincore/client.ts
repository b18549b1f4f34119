import { setTimeout as sleep } from 'node:timers/promises'
import type { Problem } from '@fincore/api-contract/errors'
import { Agent, request } from 'undici'
import type { ShopConfig } from '../config.ts'
import { maskAuthorization, maskCardNumbers, maskRequestBody } from './mask.ts'

/** One HTTP call as it may be remembered and shown: keys and cards are masked. */
export type RecordedCall = {
  door: 'api' | 'relay'
  method: string
  url: string
  requestHeaders: Record<string, string>
  requestBody: string
  status: number | null
  responseBody: string
  ms: number
  at: number
}

/**
 * `not_sent`: there was no connection at all, so nothing can have happened. `unknown`: no answer said what happened, so
 * the shop must wait for the webhook and never guess.
 */
export type Answer<T> =
  | { outcome: 'done'; body: T }
  | { outcome: 'refused'; problem: Problem }
  | { outcome: 'not_sent' }
  | { outcome: 'unknown' }

type Reply = { status: number | null; body: string; wasSent: boolean }

export type Post = {
  door: 'api' | 'relay'
  path: string
  idempotencyKey: string
  body: Record<string, unknown>
  record: (call: RecordedCall) => void
}

export type Fincore = {
  post: <T>(call: Post) => Promise<Answer<T>>
  close: () => Promise<void>
}

// FinCore answers a charge after its PSP did, which may take 10 s; past that the same request is sent again.
const answerTimeoutMs = 20_000
const longestAnswer = 256 * 1024
// The same key with the same request cannot pay twice, so a lost answer is asked for again, this long after.
const retryDelaysMs = [300, 1200]

/** Opens the two doors: the API for everything, and the card relay, over mutual TLS, for cards alone. */
export function connectFincore(config: ShopConfig): Fincore {
  const timeouts = { headersTimeout: answerTimeoutMs, bodyTimeout: answerTimeoutMs, maxResponseSize: longestAnswer }
  const doors = {
    api: { url: config.apiUrl, agent: new Agent(timeouts) },
    relay: { url: config.relayUrl, agent: new Agent({ ...timeouts, connect: config.relay }) },
  }

  async function postOnce(call: Post): Promise<Reply> {
    const { url, agent } = doors[call.door]
    const headers = {
      authorization: `Bearer ${config.secretKey}`,
      'content-type': 'application/json',
      'idempotency-key': call.idempotencyKey,
    }
    const at = Date.now()
    const reply = await readReply(
      request(`${url}${call.path}`, { method: 'POST', headers, body: JSON.stringify(call.body), dispatcher: agent }),
    )
    call.record({
      door: call.door,
      method: 'POST',
      url: `${url}${call.path}`,
      requestHeaders: { ...headers, authorization: maskAuthorization(headers.authorization) },
      requestBody: maskCardNumbers(JSON.stringify(maskRequestBody(call.body), null, 2)),
      status: reply.status,
      responseBody: maskCardNumbers(reply.body),
      ms: Date.now() - at,
      at,
    })
    return reply
  }

  return {
    async post<T>(call: Post): Promise<Answer<T>> {
      let reply = await postOnce(call)
      let isInDoubt = false
      for (const delayMs of retryDelaysMs) {
        if (!isWorthRetrying(reply.status)) break
        isInDoubt ||= isUnclear(reply)
        await sleep(delayMs)
        reply = await postOnce(call)
      }
      const answer = readAnswer<T>(reply)
      // A refusal of the second try says nothing of the first, whose answer got lost.
      return isInDoubt && answer.outcome !== 'done' ? { outcome: 'unknown' } : answer
    },
    async close() {
      await Promise.all([doors.api.agent.close(), doors.relay.agent.close()])
    },
  }
}

function isWorthRetrying(status: number | null): boolean {
  return status === null || status >= 500 || status === 408 || status === 409 || status === 429
}

// Failures from before the first byte of a request could leave: no connection, no such host, no trusted certificate.
const unsentCodes =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.*|CERT_.*|SELF_SIGNED_.*|DEPTH_ZERO_.*|UNABLE_TO_.*)$/

/** Never throws, and never keeps the text of a failure, which could quote what was sent. */
async function readReply(response: ReturnType<typeof request>): Promise<Reply> {
  try {
    const { statusCode, body } = await response
    return { status: statusCode, body: await body.text(), wasSent: true }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'no reason given'
    return { status: null, body: `No answer: ${code}`, wasSent: !unsentCodes.test(code) }
  }
}

/** A 409 says that the first request with the key is still running. */
function isUnclear(reply: Reply): boolean {
  return reply.status === null ? reply.wasSent : reply.status >= 500 || reply.status === 409
}

/** Only a readable 2xx, or a refusal, says what happened. */
function readAnswer<T>(reply: Reply): Answer<T> {
  if (isUnclear(reply)) return { outcome: 'unknown' }
  if (reply.status === null) return { outcome: 'not_sent' }
  try {
    const body: unknown = JSON.parse(reply.body)
    return reply.status < 300 ? { outcome: 'done', body: body as T } : { outcome: 'refused', problem: body as Problem }
  } catch {
    return { outcome: 'unknown' }
  }
}
