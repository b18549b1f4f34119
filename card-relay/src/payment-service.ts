import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import type * as door from '@fincore/api-contract/card-door'
import { readBody } from './bounded-read.ts'
import type { CardMemory } from './card-memory.ts'
import type { Config } from './config.ts'
import { limits } from './limits.ts'

export type PaymentService = ReturnType<typeof makePaymentService>

/**
 * The internal socket of the payment service. Every function answers null when there is no usable answer in time. An
 * answer of another shape than the contract's is a bug, which ends the charge with 503 before a card is sent.
 */
export function makePaymentService({ paymentServiceUrl, internalToken }: Config, memory: CardMemory) {
  // A place for each admission and for each charge, so that no charge waits behind questions that anyone can cause.
  const maxSockets = limits.admissions + limits.charges
  // A kept connection is given up before the payment service closes it, so that no request meets a closing one.
  const agent = new http.Agent({ keepAlive: true, maxSockets, maxFreeSockets: 64, timeout: 4_000 })
  const headers = { authorization: `Bearer ${internalToken}`, 'content-type': 'application/json' }

  /** `path` is what follows `/internal/`; `refused` is the answer to 4xx. */
  async function post<Answer>(path: string, body: unknown, timeoutMs: number, refused: Answer | null = null) {
    const signal = AbortSignal.timeout(timeoutMs)
    const request = http.request(`${paymentServiceUrl}/internal/${path}`, { method: 'POST', agent, headers, signal })
    request.on('error', () => {}).end(JSON.stringify(body))
    try {
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      const { statusCode = 0 } = response
      const bounds = { bytes: limits.internalReplyBytes, timeoutMs }
      const read = await readBody(response, bounds, memory, (bytes) => ({ text: bytes.toString('utf8') }))
      if (typeof read === 'string') response.destroy()
      else if (statusCode === 200) return JSON.parse(read.text) as Answer
      return statusCode >= 400 && statusCode < 500 ? refused : null
    } catch {
      return null
    }
  }

  return {
    askAdmission: (request: door.AdmissionRequest) =>
      post<door.AdmissionAnswer>('admission', request, limits.admissionTimeoutMs),
    /** For the audit log; null when it was not taken. */
    tellStrayNumber: (report: door.StrayNumberReport) =>
      post<door.StrayNumberAnswer>('stray_numbers', report, limits.strayNumberTimeoutMs),
    openCharge: (request: door.CardChargeRequest) =>
      post<door.Instruction>('card_charges', request, limits.openChargeTimeoutMs),
    /** `gone`: the payment service will not take this report any more. */
    report: (attempt: string, report: door.CardChargeReport) =>
      post<door.Instruction | 'gone'>(`card_charges/${attempt}/report`, report, limits.reportTimeoutMs, 'gone'),
  }
}
