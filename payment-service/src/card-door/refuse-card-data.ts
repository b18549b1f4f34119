import type { FastifyRequest } from 'fastify'
import { createThrottledAudit } from '../audit/throttled-audit.ts'
import type { Deps } from '../deps.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { RefusalError } from '../server/problems.ts'
import { holdsCardNumber, watchForCardData } from './tripwire.ts'

/**
 * The look at the raw bytes of every request of the public API, before they are parsed. Throws a RefusalError when they
 * hold card data, which is then already overwritten; the try is audited, without the number.
 */
export function inspectForCardData(
  deps: Pick<Deps, 'config' | 'pool' | 'log'>,
): (body: Buffer, request: FastifyRequest) => Promise<void> {
  const audit = createThrottledAudit(deps)
  return async (body, request) => {
    const refusal = refuseCardData(deps.config.relayUrl, body, request)
    if (refusal === null) return
    const key = request.apiKey ?? null
    const param = refusal.param ?? null
    audit.record(`${key?.id} ${request.routeOptions.url} ${param}`, {
      actorType: key === null ? 'anonymous' : 'merchant',
      actor: key?.id ?? 'unknown',
      type: 'card_data.send',
      outcome: 'refused',
      origin: request.ip,
      merchantId: key?.merchantId ?? null,
      resource: `${request.method} ${request.routeOptions.url ?? ''}`,
      details: { code: refusal.refused, param, request: request.id },
    })
    throw new RefusalError(refusal)
  }
}

/**
 * Overwrites card data in a request, and gives the refusal that names its field and the right door; null when there is
 * none. The idempotency key is looked at too, because it is stored.
 */
export function refuseCardData(relayUrl: string, body: Buffer, request: FastifyRequest): Refusal | null {
  const key = request.headers['idempotency-key']
  const inKey = typeof key === 'string' && holdsCardNumber(key) ? { param: 'Idempotency-Key' } : null
  const hit = watchForCardData(body) ?? inKey
  if (hit === null) return null
  return refuse('card_data_not_accepted_here', {
    ...(hit.param === null ? {} : { param: hit.param }),
    detail:
      `${hit.param ?? 'The request'} holds what looks like card data; nothing of it was kept. Card numbers go only to ` +
      `the card relay, POST ${relayUrl}/v1/charges, in payment_method.card, by merchants with a raw-card grant. ` +
      'Otherwise use a payment session or a token.',
  })
}
