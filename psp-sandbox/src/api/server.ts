import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { type Account, findAccountBySecretKey } from '../ledger/accounts.ts'
import type { Log } from '../log.ts'
import { magicCards } from '../magic-cards.ts'
import { errorBody, type Psp, Rejection } from '../psp.ts'
import { registerAccountRoutes } from './account-routes.ts'
import { type HeldConnections, sendAnswer } from './faults.ts'
import { type Act, answerOnce, type RunningKeys, readIdempotencyKey } from './idempotency.ts'
import { registerLookupRoutes } from './lookup-routes.ts'
import { registerPaymentRoutes } from './payment-routes.ts'
import { registerSessionRoutes } from './session-routes.ts'

export type ApiApp = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** What the API's routes work with besides the PSP itself. */
export type Api = {
  psp: Psp
  adminToken: string
  running: RunningKeys
  held: HeldConnections
}

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
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, discriminator: true, allErrors: false } },
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
      const path = `${validation.instancePath.slice(1).replaceAll('/', '.')}${extra === undefined ? '' : `.${String(extra)}`}`
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
    log('error', { route: request.routeOptions.url ?? null, error: error.stack ?? String(error) })
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
  })
  return app
}

type WithAuthorization = { headers: { authorization?: string | undefined } }

/** The account that the request's hook found. */
export function accountOf(request: FastifyRequest): Account {
  return request.getDecorator<Account>('account')
}

/** The account of the secret key in `Authorization`. Throws a `Rejection` of 401. */
export function requireAccount(psp: Psp, request: WithAuthorization): Account {
  const account = findAccountBySecretKey(psp.ledger, bearerOf(request))
  if (!account)
    throw new Rejection(401, 'unauthorized', 'Send a secret key that starts with `sk_sandbox_` as Bearer token.')
  return account
}

/** True when the request carries the admin token. Compared in constant time. */
export function isAdmin(api: Api, request: WithAuthorization): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(bearerOf(request)), digest(api.adminToken))
}

function bearerOf(request: WithAuthorization): string {
  return /^Bearer (\S{1,512})$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

/**
 * Answers a POST once per idempotency key. `fingerprint` is what makes two requests the same; no card number, no code.
 * `count` is called for every request that gets here, repeats included.
 */
export function answerPost(
  api: Api,
  request: FastifyRequest,
  reply: FastifyReply,
  fingerprint: unknown,
  act: Act,
  count?: () => void,
) {
  const account = accountOf(request).id
  const key = readIdempotencyKey(request.headers['idempotency-key'])
  const call = { account, key, request: [request.url, fingerprint], ...(count ? { count } : {}) }
  return sendAnswer(api.psp, api, reply, answerOnce(api.psp, api.running, call, act), `${account} ${key}`)
}
