import { createAuditWriter } from '../audit/audit-writer.ts'
import { createThrottledAudit } from '../audit/throttled-audit.ts'
import { watchRequests } from '../card-door/refuse-card-data.ts'
import { type IdKind, isId } from '../ids.ts'
import { registerHealthRoutes } from '../observability/health-routes.ts'
import { refuse } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import { readBearer } from '../server/caller.ts'
import { RefusalError } from '../server/problems.ts'
import { addressOf, createGuardedLookUp, createLimit } from '../server/rate-limit.ts'
import { type App, createServer } from '../server/server.ts'
import { findMerchant } from '../store/merchants.ts'
import { recordsOfCall } from './act.ts'
import type { AdminDeps } from './deps.ts'
import { pageQuery } from './lists.ts'
import { addApiKeyRoutes } from './routes/api-keys.ts'
import { addAttemptSettlementRoutes } from './routes/attempt-settlements.ts'
import { addAuditLogRoutes } from './routes/audit-log.ts'
import { addCardTestingRoutes } from './routes/card-testing.ts'
import { addCardTestingBlockRoutes } from './routes/card-testing-blocks.ts'
import { addDeploymentRoute } from './routes/deployment.ts'
import { addGrantRoutes } from './routes/grants.ts'
import { addHeldPspEventRoutes } from './routes/held-psp-events.ts'
import { addMerchantRoutes } from './routes/merchants.ts'
import { addNoticeRoutes } from './routes/notices.ts'
import { addOperatorRoutes } from './routes/operators.ts'
import { addPspAccountCheckRoute } from './routes/psp-account-check.ts'
import { addPspAccountCredentialsRoute } from './routes/psp-account-credentials.ts'
import { addPspAccountRoutingRoutes } from './routes/psp-account-routing.ts'
import { addPspAccountRoutes } from './routes/psp-accounts.ts'
import { addReconciliationRoutes } from './routes/reconciliation.ts'
import { addTripwireExemptionRoutes } from './routes/tripwire-exemptions.ts'
import { addUnresolvedAttemptRoutes } from './routes/unresolved-attempts.ts'
import { addWebhookEndpointRoutes } from './routes/webhook-endpoints.ts'

/** Requests in a minute, of one address: all of them, and those with a token that is not known to be an operator's. */
const perMinute = { address: 12_000, unseenTokens: 300 }

/** What stands in a path, and what kind of id it is. An id of another form names nothing, so it is not asked for. */
const idKindByParam: Readonly<Record<string, IdKind>> = {
  merchant: 'merchant',
  key: 'apiKey',
  account: 'pspAccount',
  grant: 'grant',
  attempt: 'attempt',
  settlement: 'settlement',
  finding: 'finding',
  block: 'cardTestingBlock',
  notice: 'notice',
}

/** The operators' API, `/admin/v1`. Every route but those of health is for operators, and every change leaves one audit record. */
export function createAdminServer(deps: AdminDeps, limits: typeof perMinute = perMinute): App {
  const watch = watchRequests(deps)
  const app = createServer({
    docsUrl: `${deps.config.publicUrl}/docs`,
    log: deps.log,
    trustedProxies: deps.config.trustedProxies,
    inspectBody: watch.inspectBody,
    measured: { by: deps.metrics, as: 'admin' },
    whereRoutesAre: 'The admin API is under `/admin/v1`; docs/operating.md of FinCore shows its calls.',
  })
  const failedSignIns = createThrottledAudit(deps)
  const refusals = createAuditWriter(deps)
  app.addHook('onClose', async () => {
    await Promise.all([failedSignIns.flush(), refusals.flush(), watch.close()])
  })
  app.decorateRequest('operator', null)
  app.decorateRequest('apiKey', null)
  app.decorateRequest('isAudited', false)
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/health/')) return
    if (route.config?.access?.by !== 'operator') throw new Error(`${route.url} must say that it is for operators`)
    const changes = [route.method].flat().some((method) => method !== 'GET' && method !== 'HEAD')
    if (changes && route.config.audited === undefined) throw new Error(`${route.url} must name its audit record`)
  })

  const limitAddress = createLimit(app, { perMinute: limits.address })
  const findOperator = createGuardedLookUp(createLimit(app, { perMinute: limits.unseenTokens }), (digest) =>
    deps.directory.findOperator(Buffer.from(digest, 'hex')),
  )
  app.addHook('onRequest', async (request, reply) => {
    await limitAddress(request, reply)
    if (request.is404 || request.routeOptions.config.access?.by === 'anyone') return
    const token = readBearer(request.headers.authorization)
    const operator = token === null ? null : await findOperator(request, reply, digestOf(token).toString('hex'))
    if (operator !== null) {
      request.operator = operator.name
      return
    }
    failedSignIns.record(addressOf(request), {
      actorType: 'anonymous',
      actor: 'unknown',
      type: 'operator.sign_in',
      outcome: 'refused',
      origin: request.ip,
      resource: `${request.method} ${request.routeOptions.url ?? ''}`,
      details: { code: 'operator_required', request: request.id },
    })
    throw new RefusalError(refuse('operator_required'))
  })
  // Once it is known who calls. A filter of the audit log, for one, is kept in its own record.
  app.addHook('onRequest', async (request) => watch.inspectHead(request))
  app.addHook('preValidation', async (request) => {
    for (const [name, value] of Object.entries(request.params as Record<string, string>)) {
      const kind = idKindByParam[name]
      if (kind === undefined ? value.includes('\0') : !isId(kind, value))
        throw new RefusalError(refuse('resource_not_found'))
    }
    for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
      // PostgreSQL stores no NUL, so it could not be asked for one.
      if (String(value).includes('\0'))
        throw new RefusalError(refuse('parameter_invalid', name in pageQuery ? { param: name } : {}))
    }
  })
  app.addHook('preHandler', async (request) => {
    const { merchant } = request.params as { merchant?: string }
    if (merchant !== undefined && (await findMerchant(deps.pool, merchant)) === null)
      throw new RefusalError(refuse('resource_not_found'))
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.routeOptions.config.audited === undefined || request.isAudited || request.operator === null) return
    if (reply.statusCode < 400) throw new Error(`${request.routeOptions.url} left no audit record`)
    // Refused before the action began, by validation for example; or undone, because it could not be audited.
    await Promise.all(recordsOfCall(request, readProblem(payload)).map((record) => refusals.write(record)))
  })

  addDeploymentRoute(app, deps)
  addOperatorRoutes(app, deps)
  addMerchantRoutes(app, deps)
  addApiKeyRoutes(app, deps)
  addNoticeRoutes(app, deps)
  addPspAccountRoutes(app, deps)
  addPspAccountRoutingRoutes(app, deps)
  addPspAccountCheckRoute(app, deps)
  addPspAccountCredentialsRoute(app, deps)
  addGrantRoutes(app, deps)
  addTripwireExemptionRoutes(app, deps)
  addCardTestingRoutes(app, deps)
  addCardTestingBlockRoutes(app, deps)
  addHeldPspEventRoutes(app, deps)
  addWebhookEndpointRoutes(app, deps)
  addUnresolvedAttemptRoutes(app, deps)
  addAttemptSettlementRoutes(app, deps)
  addReconciliationRoutes(app, deps)
  addAuditLogRoutes(app, deps)
  registerHealthRoutes(app, deps.readiness)
  return app
}

function readProblem(payload: unknown) {
  const problem = typeof payload === 'string' ? JSON.parse(payload) : {}
  return refuse(problem.code ?? 'internal_error', typeof problem.param === 'string' ? { param: problem.param } : {})
}
