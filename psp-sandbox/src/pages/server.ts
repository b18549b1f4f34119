import formbody from '@fastify/formbody'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import { describeError, type Log } from '../log.ts'
import type { Psp } from '../psp.ts'
import { errorBody, Rejection, sendUnreadablePath } from '../rejection.ts'
import { registerAssets } from './assets.ts'
import { registerChallengePage } from './challenge-page.ts'
import { registerCheckoutPage } from './checkout-page.ts'
import { registerFieldsPage } from './fields-page.ts'
import { renderMessage, sendPage } from './layout.ts'
import type { PagesApp } from './pages-app.ts'
import { registerReferencePage } from './reference-page.ts'
import { chooseLanguage, texts } from './texts.ts'
import { registerTokenRoute } from './token-route.ts'

/** Makes the pages that shoppers see, and the endpoint that makes tokens. It is not listening yet. */
export function createPages(psp: Psp, log: Log): PagesApp {
  const app = fastify({
    logger: false,
    bodyLimit: 16 * 1024,
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: sendUnreadablePath,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.register(formbody)
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof Rejection)
      return reply.code(error.status).send(errorBody(error.code, error.message, error.param))
    if (error.statusCode && error.statusCode < 500)
      return reply.code(error.statusCode).send(errorBody('invalid_request', 'The request could not be read.'))
    log('error', { route: request.routeOptions.url ?? null, error: describeError(error) })
    return reply
      .code(500)
      .send(errorBody('internal_error', 'Something went wrong. It is not known whether anything was done.'))
  })
  app.addHook('onResponse', async (request, reply) => {
    log('request', {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    })
  })
  app.setNotFoundHandler((request, reply) => {
    const language = chooseLanguage(null, request.headers['accept-language'])
    const { unknownTitle: title, unknownText: text } = texts[language]
    return sendPage(reply, 404, renderMessage({ language, title, text, icon: 'question' }))
  })
  app.after(() => {
    registerAssets(app)
    registerReferencePage(app)
    registerCheckoutPage(app, psp)
    registerChallengePage(app, psp)
    registerFieldsPage(app, psp)
    registerTokenRoute(app, psp)
  })
  return app
}
