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

/** `unknown`: no answer said what happened, so the shop must wait for the webhook and never guess. */
export type Answer<T> = { outcome: 'done'; body: T } | { outcome: 'refused'; problem: Problem } | { outcome: 'unknown' }

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

  async function postOnce(call: Post): Promise<{ status: number | null; body: string }> {
    const { url, agent } = doors[call.door]
    const headers = {
      authorization: `Bearer ${config.secretKey}`,
      'content-type': 'application/json',
      'idempotency-key': call.idempotencyKey,
    }
    const at = Date.now()
    const reply = await request(`${url}${call.path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(call.body),
      dispatcher: agent,
    }).then(
      async (response) => ({ status: response.statusCode, body: await response.body.text() }),
      (error: NodeJS.ErrnoException) => ({ status: null, body: `No answer: ${error.code ?? error.name}` }),
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
      for (const delayMs of retryDelaysMs) {
        if (!isWorthRetrying(reply.status)) break
        await sleep(delayMs)
        reply = await postOnce(call)
      }
      return readAnswer<T>(reply)
    },
    async close() {
      await Promise.all([doors.api.agent.close(), doors.relay.agent.close()])
    },
  }
}

function isWorthRetrying(status: number | null): boolean {
  return status === null || status >= 500 || status === 408 || status === 409 || status === 429
}

/** Only a readable 2xx, or a refusal, says what happened. A 409 says that the first request is still running. */
function readAnswer<T>(reply: { status: number | null; body: string }): Answer<T> {
  if (reply.status === null || reply.status >= 500 || reply.status === 409) return { outcome: 'unknown' }
  try {
    const body: unknown = JSON.parse(reply.body)
    return reply.status < 300 ? { outcome: 'done', body: body as T } : { outcome: 'refused', problem: body as Problem }
  } catch {
    return { outcome: 'unknown' }
  }
}
