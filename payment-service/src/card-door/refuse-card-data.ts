import type { FastifyRequest } from 'fastify'
import { createThrottledAudit, type ThrottledAudit } from '../audit/throttled-audit.ts'
import type { Deps } from '../deps.ts'
import { RefusalError } from '../http/problems.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { holdsCardNumber, watchForCardData } from './tripwire.ts'

type CardDataDeps = Pick<Deps, 'config' | 'pool' | 'log'>

/**
 * Makes the look at the raw bytes of every request of the public API and of the admin API: throws a RefusalError when
 * they hold card data, which is then already overwritten. The idempotency key is looked at too, because it is stored.
 */
export function inspectForCardData(deps: CardDataDeps): (body: Buffer, request: FastifyRequest) => Promise<void> {
  const audit = createThrottledAudit(deps)
  return async (body, request) => {
    const hit = watchForCardData(body)
    if (hit !== null) throw new RefusalError(refuseCardData(deps, audit, request, hit.param))
    const key = request.headers['idempotency-key']
    if (typeof key === 'string' && holdsCardNumber(key)) {
      throw new RefusalError(refuseCardData(deps, audit, request, 'Idempotency-Key'))
    }
  }
}

/** The refusal that names the field and the right door. It is audited, without the number. */
function refuseCardData(
  deps: CardDataDeps,
  audit: ThrottledAudit,
  request: FastifyRequest,
  param: string | null,
): Refusal {
  const key = request.apiKey ?? null
  const operator = request.operator ?? null
  const actor = key?.id ?? operator ?? 'unknown'
  audit.record(`${actor} ${request.routeOptions.url} ${param}`, {
    actorType: key !== null ? 'merchant' : operator !== null ? 'operator' : 'anonymous',
    actor,
    type: 'card_data.send',
    outcome: 'refused',
    origin: request.ip,
    merchantId: key?.merchantId ?? null,
    resource: `${request.method} ${request.routeOptions.url ?? ''}`,
    details: { code: 'card_data_not_accepted_here', param, request: request.id },
  })
  const place = param === null ? 'The request' : param
  return refuse('card_data_not_accepted_here', {
    ...(param === null ? {} : { param }),
    detail:
      `${place} holds what looks like card data; nothing of it was kept. Card numbers go only to the card relay, ` +
      `POST ${deps.config.relayUrl}/v1/charges, in payment_method.card, by merchants with a raw-card grant. ` +
      'Otherwise use a payment session or a token.',
  })
}
