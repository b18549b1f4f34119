import type { AdmissionAnswer, CardChargeReport, CardChargeRequest, Instruction } from '@fincore/api-contract/card-door'
import type { FastifyRequest } from 'fastify'
import { isId } from '../ids.ts'
import type { Tracing } from '../observability/tracing.ts'
import type { App } from '../server/server.ts'
import { serverTiming } from '../server/server-timing.ts'

type Body = Partial<Pick<CardChargeRequest & CardChargeReport, 'requestId' | 'elapsedMs' | 'readMs' | 'pspMs'>>

/**
 * Makes of the times that the relay tells what the merchant and the operator see of them: `Server-Timing` on the answer,
 * and the relay's own spans, because the relay sends none. A request that the relay answers by itself has no span of the
 * relay, nor has one whose instruction never came.
 */
export function tellRelayedTimes(app: App, tracing: Tracing): void {
  app.addHook('preSerialization', async (request: FastifyRequest, _reply, payload) => {
    const { requestId, elapsedMs, readMs, pspMs = null } = (request.body ?? {}) as Body
    const answer = payload as Instruction | AdmissionAnswer
    if (!('do' in answer || 'decision' in answer)) return payload
    const endedAt = performance.now()
    const lastedMs = (elapsedMs ?? 0) + endedAt - request.startedAt
    if ('do' in answer && answer.do === 'reply' && elapsedMs !== undefined)
      answer.reply.headers['server-timing'] = serverTiming(lastedMs, pspMs)
    if (!tracing.isOn || requestId === undefined || !isId('request', requestId)) return payload
    if (readMs !== undefined)
      tracing.tellRelayed(requestId, 'read the card', { endedAt: request.startedAt, lastedMs: readMs }, {})
    if ('reply' in answer) {
      const ofRequest = { 'fincore.request': requestId, 'http.response.status_code': answer.reply.status } as const
      const route = { 'http.request.method': 'POST', 'http.route': '/v1/charges' } as const
      tracing.tellRelayed(requestId, 'request', { endedAt, lastedMs }, { ...route, ...ofRequest })
    }
    return payload
  })
}
