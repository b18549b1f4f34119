import type { Caller, Reply } from '@fincore/api-contract/card-door'
import { makeAdmissionDesk } from './admission.ts'
import { readBody } from './bounded-read.ts'
import { identifyCaller } from './caller.ts'
import { takeCard } from './card.ts'
import type { CardMemory } from './card-memory.ts'
import type { Config } from './config.ts'
import { converse, since } from './conversation.ts'
import type { Exchange } from './exchange.ts'
import { bodyLimits, type Limits, limits } from './limits.ts'
import type { Log } from './log.ts'
import { makePaymentService } from './payment-service.ts'
import { makePlaces } from './peers.ts'
import { type Refusal, unavailable } from './problems.ts'
import { makeSendCard } from './psp-client.ts'

type Outcome = Reply | Refusal | 'client_gone'

/** Headers that decide something; `x-forwarded-for` is a list, and of lengths and encodings Node or the routes see to it. */
const onlyOnce = ['host', 'authorization', 'idempotency-key', 'content-type', 'x-amzn-mtls-clientcert-leaf']

/** The relay's two routes. An address with a query is neither: nothing of a charge belongs into an address. */
export function makeRoutes(config: Config, log: Log, memory: CardMemory, bounds: Limits) {
  const paymentService = makePaymentService(config, memory)
  const { tellStrayNumber } = paymentService
  const sendCard = makeSendCard(config, memory)
  const desk = makeAdmissionDesk(paymentService, () => performance.now(), bounds)
  const takePlace = makePlaces(bounds.charges)
  /** What was read of bodies since the start; tests see that of a refused one nothing was. */
  const bodyCount = { bytesRead: 0 }

  async function route(exchange: Exchange): Promise<Outcome> {
    const { method, url, headers, headersDistinct, httpVersion } = exchange.request
    // Node keeps the first of two, and a load balancer may have judged by the last.
    const isTwice = onlyOnce.some((name) => (headersDistinct[name]?.length ?? 0) > 1)
    if (isTwice) return { code: 'malformed_http', detail: `Send each of these headers once: ${onlyOnce.join(', ')}.` }
    // It must be readable in one way only where the body ends. Node also takes `gzip, chunked`, and a load balancer may
    // take an HTTP/1.0 request with a `Transfer-Encoding` to end elsewhere than the relay does: a request could hide.
    const encoding = headers['transfer-encoding']
    if (encoding !== undefined && (encoding !== 'chunked' || httpVersion !== '1.1')) {
      return { code: 'media_type_unsupported', detail: 'Send no `Transfer-Encoding` but `chunked`, on HTTP/1.1.' }
    }
    const allow = url === '/v1/charges' ? 'POST' : /^\/health\/(live|ready)$/.test(url ?? '') ? 'GET' : null
    if (allow === null) return { code: 'route_not_found' }
    if (allow !== method) return { code: 'method_not_allowed', allow }
    if (allow === 'POST') return admitAndCharge(exchange)
    return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' }
  }

  /**
   * `POST /v1/charges`. The order is the point: who calls, then what the headers say of the body, and only then the first
   * byte of the body. A place among the charges is taken by nobody who was not admitted, and given back before the rest
   * of a refused body is thrown away.
   */
  async function admitAndCharge(exchange: Exchange): Promise<Outcome> {
    const startedAt = performance.now()
    const caller = identifyCaller(exchange.request, config.trustedProxies)
    const admission = await desk.admit(exchange.requestId, caller)
    if (admission === null) return unavailable
    if (admission.decision !== 'admit') return admission.reply
    const { headers } = exchange.request
    const isJson = /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')
    if (!isJson || (headers['content-encoding'] ?? 'identity') !== 'identity') return { code: 'media_type_unsupported' }
    if (Number(headers['content-length'] ?? 0) > bodyLimits.bytes) return { code: 'body_too_large' }
    const exemptKeys = admission.exemptKeys.slice(0, limits.exemptKeys)
    // All of them have one bound, whoever they are of.
    using place = takePlace('')
    return place === null ? unavailable : await charge(exchange, caller, exemptKeys, startedAt)
  }

  /** This is where the first byte of a body is read. Body and card are wiped on every way out. */
  async function charge(exchange: Exchange, caller: Caller, exemptKeys: string[], startedAt: number): Promise<Outcome> {
    const admittedAt = performance.now()
    const { request, response, requestId } = exchange
    if (exchange.isWaiting) response.writeContinue()
    exchange.isWaiting = false
    request.on('data', (chunk: Buffer) => {
      bodyCount.bytesRead += chunk.length
    })
    const taken = await readBody(request, bodyLimits, memory, (body) => takeCard(body, exemptKeys, memory))
    if (taken === 'client_gone') return taken
    if (typeof taken === 'string') return { code: taken }
    if ('code' in taken) {
      const { code, param = null } = taken
      const isTold = code !== 'card_data_not_accepted_here' || (await tellStrayNumber({ requestId, caller, param }))
      if (!isTold) log('refusal_not_audited', { requestId, code })
      return taken
    }
    using card = taken.card
    // As it was received, but for one that is far longer than the 255 characters allowed: it stays too long when cut.
    const key = request.headers['idempotency-key']?.slice(0, 1_000).toString() ?? null
    if (card.search.holdsNumber(Buffer.from(key ?? '')))
      return { code: 'card_field_ambiguous', detail: 'The card number stands in the `Idempotency-Key` too.' }
    const times = { elapsedMs: since(startedAt), readMs: since(admittedAt) }
    const asked = { requestId, caller, idempotencyKey: key, blankedBody: taken.blankedBody, card: card.facts, ...times }
    return (await converse(asked, card, { paymentService, sendCard, log, startedAt })) ?? unavailable
  }

  return { route, bodyCount }
}
