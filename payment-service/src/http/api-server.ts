import rateLimit from '@fastify/rate-limit'
import { inspectForCardData } from '../card-door/refuse-card-data.ts'
import type { Deps } from '../deps.ts'
import { readIdempotencyKey } from '../reading/idempotency-key.ts'
import { isRefusal, refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import { authenticateKey, readBearer } from '../server/caller.ts'
import { RefusalError } from '../server/problems.ts'
import { type App, createServer } from '../server/server.ts'
import { registerLinkRoutes } from './link/link-routes.ts'
import { registerOpenApi } from './openapi.ts'
import { registerChargeRoutes } from './routes/charges.ts'
import { registerClientConfigRoute } from './routes/client-config.ts'
import { registerDocsRoutes } from './routes/docs.ts'
import { registerEventRoutes } from './routes/events.ts'
import { registerPaymentSessionRoutes } from './routes/payment-sessions.ts'
import { registerPspWebhookRoute } from './routes/psp-webhooks.ts'
import { registerRefundRoutes } from './routes/refunds.ts'
import { registerWebhookEndpointRoutes } from './routes/webhook-endpoints.ts'

/** Requests of one key (or, without one, of one address) in a minute; bounds what a stolen key or a loop can do. */
const requestsPerMinute = 12_000

/** The public API: what merchants' servers, shoppers' browsers and PSPs reach. */
export async function createApiServer(deps: Deps): Promise<App> {
  const app = createServer({
    docsUrl: `${deps.config.publicUrl}/docs`,
    log: deps.log,
    inspectBody: inspectForCardData(deps),
  })
  app.decorateRequest('apiKey', null)
  app.decorateRequest('operator', null)
  app.decorateRequest('idempotencyKey', null)
  // A route that does not say who may call it stops the start: deny, then allow.
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) throw new Error(`${route.method} ${route.url} does not say who may call it`)
  })
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60_000,
    cache: 20_000,
    keyGenerator: (request) => {
      const token = readBearer(request.headers.authorization)
      return token === null ? request.ip : digestOf(token).toString('base64')
    },
    errorResponseBuilder: () => new RefusalError(refuse('rate_limited')),
  })
  app.addHook('onRequest', async (request) => {
    const { access, idempotent } = request.routeOptions.config
    if (access === undefined) return
    await authenticateKey(request, access, deps.directory)
    if (idempotent !== true) return
    const read = readIdempotencyKey(request.headers['idempotency-key'])
    if (isRefusal(read)) throw new RefusalError(read)
    request.idempotencyKey = read.key
  })
  await registerOpenApi(app, deps.config.publicUrl)
  registerChargeRoutes(app, deps)
  registerRefundRoutes(app, deps)
  registerPaymentSessionRoutes(app, deps)
  registerLinkRoutes(app, deps)
  registerEventRoutes(app, deps)
  registerWebhookEndpointRoutes(app, deps)
  registerClientConfigRoute(app, deps)
  registerDocsRoutes(app)
  await registerPspWebhookRoute(app, deps)
  return app
}
