import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import formbody from '@fastify/formbody'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Log } from '../log.ts'
import { errorBody, type Psp, Rejection } from '../psp.ts'
import { registerTokenRoute } from './token-route.ts'

export type PagesApp = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Makes the pages that shoppers see, and the endpoint that makes tokens. It is not listening yet. */
export function createPages(psp: Psp, log: Log): PagesApp {
  const app = fastify({
    logger: false,
    bodyLimit: 16 * 1024,
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 200 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.register(formbody)
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof Rejection)
      return reply.code(error.status).send(errorBody(error.code, error.message, error.param))
    if (error.statusCode && error.statusCode < 500)
      return reply.code(error.statusCode).send(errorBody('invalid_request', error.message))
    log('error', { route: request.routeOptions.url ?? null, error: error.stack ?? String(error) })
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
  registerTokenRoute(app, psp)
  return app
}
