import type { FastifyRequest } from 'fastify'
import { isId } from '../ids.ts'
import { readTraceparent } from '../observability/trace-ids.ts'
import type { RequestSpan, Tracing } from '../observability/tracing.ts'
import type { App } from './server.ts'

/**
 * Makes a span of every request of a server, and what its handler does parts of it. On the internal socket `requestId` of
 * the body says which request of the card relay it belongs to.
 */
export function traceRequests(app: App, tracing: Tracing, on: 'a door' | 'the internal socket'): void {
  if (!tracing.isOn) return
  const spans = new WeakMap<FastifyRequest, RequestSpan | null>()
  const spanOf = (request: FastifyRequest): RequestSpan | null => {
    const known = spans.get(request)
    if (known !== undefined) return known
    const ofRequest = on === 'a door' ? null : readRequestId(request.body)
    const link = on === 'a door' ? readTraceparent(request.headers.traceparent) : null
    const span = tracing.request(request.id, ofRequest, request.startedAt, link === null ? [] : [link])
    spans.set(request, span)
    return span
  }
  app.addHook('onRoute', (route) => {
    const { handler } = route
    route.handler = function (request, reply) {
      const span = spanOf(request)
      return span === null ? handler.call(this, request, reply) : span.run(() => handler.call(this, request, reply))
    }
  })
  app.addHook('onResponse', async (request, reply) => {
    // Whoever watches the process asks every few seconds, and nobody looks for that.
    const route = request.routeOptions.url ?? '/none'
    if (route.startsWith('/health')) return
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'http.response.status_code': reply.statusCode,
      'error.type': request.facts.code,
      'fincore.request': request.id,
      'fincore.merchant': request.apiKey?.merchantId,
    }
    spanOf(request)?.end(attributes, reply.statusCode >= 500)
  })
}

function readRequestId(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('requestId' in body)) return null
  const { requestId } = body
  return typeof requestId === 'string' && isId('request', requestId) ? requestId : null
}
