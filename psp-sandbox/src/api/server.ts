import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyError } from 'fastify'
import { describeError, type Log } from '../log.ts'
import { magicCards } from '../magic-cards.ts'
import { errorBody, Rejection, sendUnreadablePath } from '../rejection.ts'
import { registerAccountRoutes } from './account-routes.ts'
import type { Api, ApiApp } from './api.ts'
import { requireAccount } from './authentication.ts'
import { registerLookupRoutes } from './lookup-routes.ts'
import { registerPaymentRoutes } from './payment-routes.ts'
import { registerReconciliationRoutes } from './reconciliation-routes.ts'
import { registerSessionRoutes } from './session-routes.ts'

/** 64 KiB holds every body there is, a session with a hundred line items included. */
const bodyLimit = 64 * 1024

const unreadable: Record<number, string> = {
  413: 'The body is larger than 64 KiB.',
  415: 'The body must be JSON: send `Content-Type: application/json`.',
}

/** Makes the JSON API on TLS. It is not listening yet. */
export function createApi(api: Api, tls: { cert: string; key: string }, log: Log): ApiApp {
  const app = fastify({
    https: tls,
    logger: false,
    bodyLimit,
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: sendUnreadablePath,
    ajv: {
      customOptions: {
        removeAdditional: false,
        coerceTypes: false,
        discriminator: true,
        allErrors: false,
        // The schemas are code: they need no proof at each start that they are JSON Schema.
        meta: false,
        validateSchema: false,
      },
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  // A POST that needs no body may say that it is JSON all the same.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else parseJson(request, String(body), done)
  })
  app.decorateRequest('account', null)
  app.setErrorHandler((error: FastifyError | Rejection, request, reply) => {
    if (error instanceof Rejection)
      return reply.code(error.status).send(errorBody(error.code, error.message, error.param))
    const validation = 'validation' in error ? error.validation?.[0] : undefined
    if (validation) {
      const extra = validation.params.additionalProperty ?? validation.params.missingProperty
      // A name that the caller made up is given back only when it cannot be anything but a name.
      const name = extra === undefined ? '' : /^[A-Za-z_]{1,64}$/.test(String(extra)) ? `.${String(extra)}` : '.…'
      const path = `${validation.instancePath.slice(1).replaceAll('/', '.')}${name}`
      return reply
        .code(400)
        .send(
          errorBody(
            'invalid_request',
            `The request is not valid: ${validation.message ?? 'see the reference'}.`,
            path.replace(/^\./, '') || null,
          ),
        )
    }
    if (error.statusCode && error.statusCode < 500) {
      // The parser's own words may quote the body.
      const message = unreadable[error.statusCode] ?? 'The body is not valid JSON.'
      return reply.code(error.statusCode).send(errorBody('invalid_request', message))
    }
    log('error', { route: request.routeOptions.url ?? null, error: describeError(error) })
    return reply
      .code(500)
      .send(errorBody('internal_error', 'Something went wrong. It is not known whether anything was done.'))
  })
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(errorBody('route_not_found', 'There is no such endpoint.')),
  )
  app.addHook('onResponse', async (request, reply) => {
    log('request', {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    })
  })
  app.get('/v2/magic_cards', async () => ({ magic_cards: magicCards }))
  registerAccountRoutes(app, api)
  registerLookupRoutes(app, api)
  app.register(async (scope: ApiApp) => {
    scope.addHook('onRequest', async (request) => request.setDecorator('account', requireAccount(api.psp, request)))
    registerPaymentRoutes(scope, api)
    registerSessionRoutes(scope, api)
    registerReconciliationRoutes(scope, api)
  })
  return app
}
