import type { FastifyRequest } from 'fastify'
import { createThrottledAudit } from '../audit/throttled-audit.ts'
import type { Deps } from '../deps.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { RefusalError } from '../server/problems.ts'
import { addressOf } from '../server/rate-limit.ts'
import type { AuditRecord } from '../store/audit.ts'
import { blankCardNumbersIn, type Hit, holdsCardNumber, watchForCardData } from './tripwire.ts'

/** Each throws a RefusalError when the request holds card data; the try is audited, without the number. */
export type CardDataWatch = {
  /** Its address, and of its headers those that are kept. To be called once it is known who calls. */
  inspectHead(request: FastifyRequest): void
  /** The raw bytes of a JSON body, before they are parsed. Card data in them is overwritten. */
  inspectBody(body: Buffer, request: FastifyRequest): void
  /** The same for a form. */
  inspectForm(body: Buffer, request: FastifyRequest): void
  /** Writes what is still counted of the refusals. Call it before the pool closes. */
  close(): Promise<void>
}

/** The look at every request of a listener that takes no cards. A route that leaves an audit record itself has no second. */
export function watchRequests(deps: Pick<Deps, 'config' | 'pool' | 'log' | 'metrics'>): CardDataWatch {
  const audit = createThrottledAudit(deps)
  const refuseHit = (hit: Hit | null, request: FastifyRequest): void => {
    if (hit === null) return
    const refusal = refuseCardData(deps.config.relayUrl, hit)
    const caller = callerOf(request)
    if (request.routeOptions.config.audited === undefined) {
      // Without `param`, which is the caller's own text: each made-up one would be a record of its own.
      const who = caller.actorType === 'anonymous' ? addressOf(request) : caller.actor
      audit.record(`${who} ${request.method} ${request.routeOptions.url}`, {
        ...caller,
        type: 'card_data.send',
        outcome: 'refused',
        origin: request.ip,
        resource: `${request.method} ${request.routeOptions.url ?? ''}`,
        details: { code: refusal.refused, param: hit.param, request: request.id },
      })
    }
    throw new RefusalError(refusal)
  }
  return {
    inspectHead: (request) => refuseHit(watchHead(request), request),
    inspectBody(body, request) {
      const exemptKeys = request.apiKey?.tripwireExemptions
      refuseHit(watchForCardData(body, exemptKeys === undefined ? {} : { exemptKeys }), request)
    },
    inspectForm: (body, request) => refuseHit(blankCardNumbersIn(body) ? { param: null } : null, request),
    close: () => audit.flush(),
  }
}

/** Names the field and the right door. */
function refuseCardData(relayUrl: string, { param }: Hit): Refusal {
  return refuse('card_data_not_accepted_here', {
    ...(param === null ? {} : { param }),
    detail:
      `${param ?? 'The request'} holds what looks like card data; nothing of it was kept. Card numbers go only to ` +
      `the card relay, POST ${relayUrl}/v1/charges, in payment_method.card, by merchants with a raw-card grant. ` +
      'Otherwise use a payment session or a token.',
  })
}

/**
 * Every part of the address: of the path (all of it, where it names no route) and of the query. Of the headers the
 * idempotency key alone is kept; the forwarded address is kept too, but only what is an address is believed at all.
 */
function watchHead(request: FastifyRequest): Hit | null {
  const key = request.headers['idempotency-key']
  if (typeof key === 'string' && holdsCardNumber(key, 'latin1')) return { param: 'Idempotency-Key' }
  for (const part of [request.params, request.query]) {
    for (const [name, value] of Object.entries(part as Record<string, string | string[]>)) {
      if ([name, value].flat().some((text) => holdsCardNumber(text))) return { param: plainNameOf(name) }
    }
  }
  return null
}

/** A name that the caller made up is given back only when it cannot be anything but a name. */
function plainNameOf(name: string): string | null {
  return /^[A-Za-z_]{1,64}$/.test(name) ? name : null
}

function callerOf(request: FastifyRequest): Pick<AuditRecord<'card_data.send'>, 'actorType' | 'actor' | 'merchantId'> {
  if (request.apiKey !== null)
    return { actorType: 'merchant', actor: request.apiKey.id, merchantId: request.apiKey.merchantId }
  if (request.operator !== null) return { actorType: 'operator', actor: request.operator, merchantId: null }
  return { actorType: 'anonymous', actor: 'unknown', merchantId: null }
}
