import http from 'node:http'
import type {
  AdmissionAnswer,
  AdmissionRequest,
  CardChargeRequest,
  Instruction,
  Reply,
  SendReport,
} from '@fincore/api-contract/card-door'
import { limits } from './limits.ts'

/**
 * The internal socket of the payment service. Every function answers null when there is no usable answer in time, and
 * `gone` where the payment service says that it will not take this report any more (4xx).
 */
export type PaymentService = {
  askAdmission(request: AdmissionRequest): Promise<AdmissionAnswer | null>
  openCharge(request: CardChargeRequest): Promise<Instruction | null>
  report(attempt: string, report: SendReport): Promise<Instruction | 'gone' | null>
  close(): void
}

type Answer = { status: number; json: unknown }

export function makePaymentService(from: { url: string; token: string }): PaymentService {
  // A place for each admission and for each charge, so that no charge waits behind questions that anyone can cause.
  const maxSockets = limits.admissions + limits.charges
  const agent = new http.Agent({ keepAlive: true, maxSockets, maxFreeSockets: 64, timeout: 4_000 })

  /** A kept connection that the other side was just closing fails at once; then, and only then, it is tried again. */
  async function post(path: string, body: unknown, timeoutMs: number): Promise<Answer | null> {
    const first = await postOnce(path, body, timeoutMs)
    const answer = first === 'stale_connection' ? await postOnce(path, body, timeoutMs) : first
    return answer === 'stale_connection' ? null : answer
  }

  function postOnce(path: string, body: unknown, timeoutMs: number): Promise<Answer | 'stale_connection' | null> {
    return new Promise((resolve) => {
      const payload = Buffer.from(JSON.stringify(body))
      const request = http.request(new URL(path, from.url), {
        method: 'POST',
        agent,
        headers: {
          authorization: `Bearer ${from.token}`,
          'content-type': 'application/json',
          'content-length': payload.length,
        },
      })
      const settle = (answer: Answer | 'stale_connection' | null) => {
        clearTimeout(timer)
        if (answer === null) request.destroy()
        resolve(answer)
      }
      const timer = setTimeout(() => settle(null), timeoutMs)
      request.on('error', (error: NodeJS.ErrnoException) => {
        settle(request.reusedSocket && error.code === 'ECONNRESET' ? 'stale_connection' : null)
      })
      request.once('response', (response) => {
        readJson(response).then(
          (json) => settle(json === undefined ? null : { status: response.statusCode ?? 0, json }),
          () => settle(null),
        )
      })
      request.end(payload)
    })
  }

  return {
    async askAdmission(request) {
      const answer = await post('/internal/admission', request, limits.admissionTimeoutMs)
      return answer?.status === 200 && isAdmissionAnswer(answer.json) ? answer.json : null
    },
    async openCharge(request) {
      const answer = await post('/internal/card_charges', request, limits.openChargeTimeoutMs)
      return answer?.status === 200 && isInstruction(answer.json) ? answer.json : null
    },
    async report(attempt, report) {
      const path = `/internal/card_charges/${encodeURIComponent(attempt)}/report`
      const answer = await post(path, report, limits.reportTimeoutMs)
      if (answer === null) return null
      if (answer.status >= 400 && answer.status < 500) return 'gone'
      return answer.status === 200 && isInstruction(answer.json) ? answer.json : null
    },
    close: () => agent.destroy(),
  }
}

/** Reads one JSON value of bounded size; undefined when it is too large or no JSON. No card is ever in it. */
async function readJson(response: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    length += chunk.length
    if (length > limits.internalReplyBytes) return undefined
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}

function isAdmissionAnswer(value: unknown): value is AdmissionAnswer {
  if (!isRecord(value)) return false
  return value.decision === 'admit' || (value.decision === 'refuse' && isReply(value.reply))
}

function isInstruction(value: unknown): value is Instruction {
  if (!isRecord(value)) return false
  if (value.do === 'reply') return isReply(value.reply)
  const texts = [value.attempt, value.to, value.body]
  const isSend = value.do === 'send' && value.method === 'POST' && texts.every((text) => typeof text === 'string')
  return isSend && isTextRecord(value.headers) && Number.isFinite(value.timeoutMs)
}

function isReply(value: unknown): value is Reply {
  if (!isRecord(value) || typeof value.body !== 'string' || !isTextRecord(value.headers)) return false
  return Number.isInteger(value.status) && Number(value.status) >= 200 && Number(value.status) <= 599
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
