import type { Server } from 'node:https'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { describeError, type Log } from '../../log.ts'
import { AdyenError } from '../adyen-error.ts'
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
): FastifyInstance<Server> {
  const app = fastify({
    https: config.tls,
    logger: false,
    bodyLimit,
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  })
  const seen: RequestsSeen = new Map()
  app.setErrorHandler((error: FastifyError | AdyenError, request, reply) => {
    const known = toAdyenError(error)
    if (known.status >= 500) log('error', { route: request.routeOptions.url ?? null, error: describeError(error) })
    return sendError(reply, known)
  })
  app.setNotFoundHandler((_request, reply) => sendError(reply, new AdyenError('route_unknown')))
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
      // JSON alone, read here, so that what cannot be read is refused in Adyen's words.
      checkout.removeAllContentTypeParsers()
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
  const { method, path } = operation
  app.route({
    method,
    url: path,
    exposeHeadRoute: false,
    onRequest: async (request) => void findAccount(world, request),
    handler: async (request, reply) => {
      const text = `${method} ${request.url}\n${String(request.body ?? '')}`
      const count = (refused: boolean) => countRequest(seen, `${method} ${path}`, text, refused)
      let acted: ReturnType<typeof actOnce>
      try {
        acted = act(world, operation, answers, request)
      } catch (error) {
        count(true)
        throw error
      }
      count(false)
      if (acted.replayed) reply.header('idempotency-key', request.headers['idempotency-key'])
      try {
        return await sendAnswer(world, reply, acted.result)
      } finally {
        acted.done()
      }
    },
  })
}

/** Checks a request from the outside in, and does what it asks for unless its key was seen before. @throws AdyenError */
function act(
  world: World,
  operation: Operation,
  answers: KeptAnswers,
  request: FastifyRequest,
): ReturnType<typeof actOnce> {
  const { method, model } = operation
  const account = findAccount(world, request)
  if (request.url.includes('?')) throw new AdyenError('unexpected_input', 'there are no query parameters here')
  const needsKey = method === 'POST' && !operation.readsOnly
  const key = needsKey ? readIdempotencyKey(request.headers['idempotency-key']) : null
  const body = model === null ? undefined : parse(String(request.body ?? ''))
  if (model !== null) checkParameters(model, body)
  operation.note?.({ world, body })
  const params = request.params as Record<string, string>
  const perform = (faultIsSpent: boolean): Result => operation.act({ world, account, params, body, faultIsSpent })
  if (key === null) return { result: perform(false), replayed: false, done: () => {} }
  const route = `${method} ${request.url}`
  return actOnce(answers, { account: account.merchantAccount, key, route, body }, perform)
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
function toAdyenError(error: FastifyError | AdyenError): AdyenError {
  if (error instanceof AdyenError) return error
  if (error.statusCode === 413) return new AdyenError('body_too_large')
  if (error.statusCode === 415) return new AdyenError('not_json')
  const isTheirs = error.statusCode !== undefined && error.statusCode < 500
  return new AdyenError(isTheirs ? 'unparsable' : 'internal')
}

function sendError(reply: FastifyReply, error: AdyenError): FastifyReply {
  // Adyen, “API idempotency”: with this header the same request may be sent again, and without it never.
  if (error.status === 409) reply.header('transient-error', 'true')
  return reply.code(error.status).send(renderError(error))
}
