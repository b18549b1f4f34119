import type { FastifyRequest } from 'fastify'
import { createThrottledAudit } from '../audit/throttled-audit.ts'
import { type CardDataWatch, watchRequests } from '../card-door/refuse-card-data.ts'
import type { Deps } from '../deps.ts'
import { registerHealthRoutes } from '../observability/health-routes.ts'
import { readIdempotencyKey } from '../reading/idempotency-key.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { findMissingRight, merchantOf, readGivenKey, refuseUnknownKey } from '../server/caller.ts'
import { createDoor, type Door } from '../server/door.ts'
import { RefusalError } from '../server/problems.ts'
import { addressOf, createGuardedLookUp, createLimit } from '../server/rate-limit.ts'
import { type App, createServer } from '../server/server.ts'
import { traceRequests } from '../server/trace-requests.ts'
import { registerLinkRoutes } from './link/link-routes.ts'
import { registerOpenApi } from './openapi.ts'
import { registerChargeRoutes } from './routes/charges.ts'
import { registerClientConfigRoute } from './routes/client-config.ts'
import { registerDisputeRoutes } from './routes/disputes.ts'
import { registerDocsRoutes } from './routes/docs.ts'
import { registerEventRoutes } from './routes/events.ts'
import { registerPaymentSessionRoutes } from './routes/payment-sessions.ts'
import { registerPspWebhookRoute } from './routes/psp-webhooks.ts'
import { registerRefundRoutes } from './routes/refunds.ts'
import { registerSdkRoutes } from './routes/sdk.ts'
import { registerWebhookDeliveryRoutes } from './routes/webhook-deliveries.ts'
import { registerWebhookEndpointRoutes } from './routes/webhook-endpoints.ts'

/** Requests in a minute. What one key may send bounds what a stolen key or a loop can do. */
export const perMinute = {
  /** All that comes from one address, before anything is looked at. A PSP has few addresses, and so has a load balancer. */
  address: 300_000,
  /** What needs no key, or brings none: shoppers' pages, documents, paths that are none. Of one address. */
  open: 12_000,
  /** Keys that are not known to be good, each of which costs a look into the database. Of one address. */
  unseenKeys: 1_200,
  /** Of one secret key; of one publishable key, which all shoppers share, and one address. */
  key: 12_000,
  /** What lets a whole endpoint be sent to again: each of these rewrites thousands of deliveries. Of one merchant. */
  resending: 20,
}
type Limits = typeof perMinute

/**
 * The public API: what merchants' servers, shoppers' browsers and PSPs reach.
 * @param limits of requests in a minute; a test sets lower ones, so that it need not send thousands.
 * @param door shared with the relay's socket, because both are the same process's work.
 */
export async function createApiServer(
  deps: Deps,
  limits: Limits = perMinute,
  door: Door = createDoor(`${deps.config.publicUrl}/docs`, deps.log),
): Promise<App> {
  const watch = watchRequests(deps)
  const app = createServer({
    docsUrl: `${deps.config.publicUrl}/docs`,
    log: deps.log,
    trustedProxies: deps.config.trustedProxies,
    inspectBody: watch.inspectBody,
    door,
    measured: { by: deps.metrics, as: 'api' },
  })
  traceRequests(app, deps.tracing, 'a door')
  app.addHook('onClose', () => watch.close())
  app.decorateRequest('apiKey', null)
  app.decorateRequest('operator', null)
  app.decorateRequest('idempotencyKey', null)
  // A route that does not say who may call it stops the start: deny, then allow.
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) throw new Error(`${route.method} ${route.url} does not say who may call it`)
  })
  addCallerHooks(app, deps, watch, limits, door)
  const describeApi = registerOpenApi(app, deps.config)
  registerChargeRoutes(app, deps)
  registerRefundRoutes(app, deps)
  registerDisputeRoutes(app, deps)
  registerPaymentSessionRoutes(app, deps)
  registerLinkRoutes(app, deps, watch)
  registerEventRoutes(app, deps)
  const limitResending = createLimit(app, { perMinute: limits.resending, keyOf: merchantOf })
  registerWebhookEndpointRoutes(app, deps, limitResending)
  registerWebhookDeliveryRoutes(app, deps, limitResending)
  registerClientConfigRoute(app, deps)
  registerSdkRoutes(app)
  registerDocsRoutes(app, describeApi, deps.config)
  registerHealthRoutes(app, deps.readiness)
  await registerPspWebhookRoute(app, deps, door)
  return app
}

/** Who calls, how often, and with which idempotency key: all that is settled before a body is read. */
function addCallerHooks(app: App, deps: Deps, watch: CardDataWatch, limits: Limits, door: Door): void {
  const limitAddress = createLimit(app, { perMinute: limits.address })
  const limitOpen = createLimit(app, { perMinute: limits.open })
  const limitKey = createLimit(app, { perMinute: limits.key, keyOf: bucketOfKey, isTold: true })
  const findKey = createGuardedLookUp(createLimit(app, { perMinute: limits.unseenKeys }), (digest) =>
    deps.directory.findApiKey(Buffer.from(digest, 'hex')),
  )
  const refusedKeys = createThrottledAudit(deps)
  app.addHook('onClose', () => refusedKeys.flush())
  /** An access that was tried and not allowed (PCI DSS 10.2.1.4). */
  const auditRefusedKey = (refusal: Refusal, request: FastifyRequest): RefusalError => {
    const key = request.apiKey
    refusedKeys.record(`${key?.id ?? addressOf(request)} ${refusal.refused}`, {
      actorType: key === null ? 'anonymous' : 'merchant',
      actor: key?.id ?? 'unknown',
      type: 'api_key.refuse',
      outcome: 'refused',
      origin: request.ip,
      merchantId: key?.merchantId ?? null,
      resource: `${request.method} ${request.routeOptions.url ?? ''}`,
      details: { code: refusal.refused, request: request.id },
    })
    return new RefusalError(refusal)
  }
  app.addHook('onRequest', async (request, reply) => {
    const shed = door.findShed(request.raw)
    if (shed === null) return
    // Set here too, because a page that says it knows of no problem's headers.
    reply.header('retry-after', String(shed.retryAfterSeconds))
    throw new RefusalError(refuse('overloaded', shed))
  })
  app.addHook('onRequest', async (request, reply) => {
    await limitAddress(request, reply)
    const { access, limitsItself } = request.routeOptions.config
    if (limitsItself === true) return
    if (access === undefined || access.by === 'anyone') return limitOpen(request, reply)
    const read = readGivenKey(request.headers.authorization)
    if (isRefusal(read)) {
      await limitOpen(request, reply)
      throw new RefusalError(read)
    }
    // Looked up by digest: a look-up by hash leaks nothing of the key through its time.
    const digest = read.digest.toString('hex')
    request.apiKey = await findKey(request, reply, digest)
    if (request.apiKey === null) {
      throw auditRefusedKey(refuseUnknownKey(read, deps.config.environment), request)
    }
    request.facts.merchant = request.apiKey.merchantId
    door.learnOwner(digest, request.apiKey.merchantId)
    await limitKey(request, reply)
    const missing = findMissingRight(request.apiKey, access)
    if (missing !== null) throw auditRefusedKey(missing, request)
  })
  app.addHook('onRequest', async (request) => {
    // Of every request, paths that are none included: nothing of it was kept, logged or given back so far.
    watch.inspectHead(request)
    if (request.routeOptions.config.idempotent !== true) return
    const read = readIdempotencyKey(request.headers['idempotency-key'])
    if (isRefusal(read)) throw new RefusalError(read)
    request.idempotencyKey = read.key
  })
}

function bucketOfKey(request: FastifyRequest): string {
  const key = request.apiKey
  return key?.kind === 'publishable' ? `${key.id} ${addressOf(request)}` : (key?.id ?? '')
}
