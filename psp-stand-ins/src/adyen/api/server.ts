import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { AdyenError } from '../adyen-error.ts'
import { describeError, type Log } from '../log.ts'
import { checkParameters } from '../parameters/check-parameters.ts'
import { checkoutVersion } from '../parameters/sdk-models.ts'
import type { Account, World } from '../world.ts'
import { registerAdminRoutes } from './admin-routes.ts'
import { actOnce, type KeptAnswers, readIdempotencyKey } from './idempotency.ts'
import { linkOperations } from './link-operations.ts'
import { modificationOperations } from './modification-operations.ts'
import type { Operation, Result } from './operation.ts'
import { paymentOperations } from './payment-operations.ts'
import { renderError } from './render-error.ts'
import { countRequest, type RequestsSeen } from './requests-seen.ts'
import { sendAnswer } from './send-answer.ts'

/** 256 KiB holds every body there is, one with encrypted fields and a hundred line items included. */
const bodyLimit = 256 * 1024

/** Makes the Checkout API and the stand-in's own routes, on TLS. It is not listening yet. */
export function createApi(
  world: World,
  config: { tls: { cert: string; key: string }; adminToken: string },
  log: Log,
): FastifyInstance {
  const app: FastifyInstance = fastify({
    https: config.tls,
    logger: false,
    bodyLimit,
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  }) as unknown as FastifyInstance
  const seen: RequestsSeen = new Map()
  app.setErrorHandler((error: FastifyError | AdyenError, request, reply) =>
    send(
      reply,
      toAdyenError(error, (known) => log('error', { route: request.routeOptions.url ?? null, error: known })),
    ),
  )
  app.setNotFoundHandler((_request, reply) => send(reply, new AdyenError('route_unknown')))
  app.addHook('onResponse', async (request, reply) =>
    log('request', {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    }),
  )
  registerAdminRoutes(app, world, config.adminToken, seen)
  const answers: KeptAnswers = new Map()
  app.register(
    async (checkout) => {
      // The raw text is what an idempotency key stands for.
      checkout.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
        done(null, body),
      )
      for (const operation of [...paymentOperations, ...modificationOperations, ...linkOperations])
        addOperation(checkout, world, operation, answers, seen)
    },
    { prefix: `/${checkoutVersion}` },
  )
  return app
}

function addOperation(
  app: FastifyInstance,
  world: World,
  operation: Operation,
  answers: KeptAnswers,
  seen: RequestsSeen,
): void {
  const { method, path, model } = operation
  app.route({
    method,
    url: path,
    exposeHeadRoute: false,
    onRequest: async (request) => void findAccount(world, request),
    handler: async (request, reply) => {
      const text = typeof request.body === 'string' ? request.body : ''
      const route = `${method} ${request.url}`
      const count = (refused: boolean) => countRequest(seen, `${method} ${path}`, `${route}\n${text}`, refused)
      try {
        const account = findAccount(world, request)
        if (request.url.includes('?')) throw new AdyenError('unexpected_input', 'there are no query parameters here')
        const key =
          method === 'POST' && !operation.readsOnly ? readIdempotencyKey(request.headers['idempotency-key']) : null
        const body = model === null ? undefined : parse(text)
        if (model !== null) checkParameters(model, body)
        const params = request.params as Record<string, string>
        const act = (faultIsSpent: boolean): Result => operation.act({ world, account, params, body, faultIsSpent })
        if (key === null) {
          const result = act(false)
          count(false)
          return await sendAnswer(world, reply, result)
        }
        const call = { account: account.merchantAccount, key, route, body }
        const { result, replayed, done } = actOnce(answers, call, act)
        count(false)
        if (replayed) reply.header('idempotency-key', key)
        try {
          return await sendAnswer(world, reply, result)
        } finally {
          done()
        }
      } catch (error) {
        count(true)
        throw error
      }
    },
  })
}

function findAccount(world: World, request: FastifyRequest): Account {
  const key = request.headers['x-api-key']
  const account = world.accounts.find(({ apiKey }) => apiKey === key)
  if (!account) throw new AdyenError('unauthorized')
  return account
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AdyenError('unparsable')
  }
}

/** Fastify's own words may quote the body, so that none of them is passed on. */
function toAdyenError(error: FastifyError | AdyenError, logBug: (described: string) => void): AdyenError {
  if (error instanceof AdyenError) return error
  if (error.statusCode === 413) return new AdyenError('body_too_large')
  if (error.statusCode === 415) return new AdyenError('not_json')
  if (error.statusCode !== undefined && error.statusCode < 500) return new AdyenError('unparsable')
  logBug(describeError(error))
  return new AdyenError('internal')
}

function send(reply: FastifyReply, error: AdyenError): FastifyReply {
  // The second 704 of Adyen's documents: a repeat is told to come again.
  if (error.status === 409) reply.header('transient-error', 'true')
  return reply.code(error.status).send(renderError(error))
}
