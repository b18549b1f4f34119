import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { isIP } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyRequest, RouteHandlerMethod } from 'fastify'
import fastify, { type FastifyInstance, type RawServerDefault } from 'fastify'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import type { ValueOf } from '../observability/labels.ts'
import type { Metrics } from '../observability/metrics.ts'
import { refuse } from '../refusal.ts'
import { type RequestFacts, withinRequest } from '../request-facts.ts'
import { makeBrokenMessageHandler } from './broken-message.ts'
import type { Access } from './caller.ts'
import type { Door } from './door.ts'
import { findHeaderFault } from './header-faults.ts'
import { parseJsonBody } from './json-body.ts'
import { RefusalError, sendRefusal, toRefusal } from './problems.ts'
import { overwriteRest, readBody } from './read-body.ts'
import { rinseSoon } from './rinse.ts'
import { serverTiming } from './server-timing.ts'

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

declare module 'fastify' {
  interface FastifyRequest {
    /** When its headers had arrived, by the process's own clock, in milliseconds. */
    startedAt: number
    /** What every line of the log about it says. */
    facts: RequestFacts
  }
  interface FastifyInstance {
    /** Every route of the server, as it was registered. */
    routeTable: readonly RouteEntry[]
  }
}

/** `access` is undefined on the internal socket, where all routes are the card relay's. */
export type RouteEntry = { method: string; url: string; access: Access | undefined }

/** A body larger than this is refused; the largest honest one, a session with 100 line items, has a third of it. */
const maxBodyBytes = 65_536
/** More than any load that one process carries, and fewer than the file descriptors that it may have. */
const maxConnections = 10_000
/**
 * How long a request's head and all of it may take to arrive, and a connection may be silent, within one and between two.
 * The head has less than the whole: Node takes whichever is larger for the whole, and gives the head a minute by itself.
 */
const timeouts = { headMs: 10_000, requestMs: 15_000, connectionMs: 60_000, keepAliveMs: 65_000 }
/** Addresses and keys whose requests are counted; the one that was silent longest is forgotten first. */
const maxBuckets = 20_000

export type ServerOptions = {
  /** The address of the docs, for the `type` of a problem. */
  docsUrl: string
  log: Log
  /** Where requests are counted, and what the server is called there; without it, nowhere. */
  measured?: { by: Metrics; as: ValueOf<'door'> }
  /** Networks whose `X-Forwarded-For` is believed; without them the connecting address is the caller's. */
  trustedProxies?: readonly string[]
  /** `any` on the internal socket: the card relay reports what a PSP answered, and that may be garbled. */
  text?: 'storable' | 'any'
  /** Where the caller finds what endpoints there are; without it, in the API's `/docs`. */
  whereRoutesAre?: string
  /** Says before anything else which requests are taken; without it, all are. */
  door?: Door
  /** Looks at the raw bytes before anything is parsed; throws a RefusalError to refuse them. */
  inspectBody?: (body: Buffer, request: FastifyRequest) => Promise<void> | void
}

/**
 * A Fastify server with FinCore's manners, shared by the public API, the admin API and the internal socket: strict JSON,
 * strict validation without coercion, problem+json for every error, bounded size and time, a request id on every answer.
 */
export function createServer(options: ServerOptions): App {
  const { door, whereRoutesAre = '`/docs` of the API lists every endpoint that merchants have.' } = options
  const trustedProxies = [...(options.trustedProxies ?? [])]
  const app = fastify({
    logger: false,
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    bodyLimit: maxBodyBytes,
    requestTimeout: timeouts.requestMs,
    connectionTimeout: timeouts.connectionMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    serverFactory: (handle) => {
      const listener = handle as RequestListener
      const server = createHttpServer(
        // How often Node looks for requests that are past their time; its own half minute would triple that time.
        // A missing Host Node would refuse with an empty answer; findHeaderFault says what is wrong.
        { connectionsCheckingInterval: 1_000, requireHostHeader: false },
        door?.guard(listener) ?? listener,
      )
      server.headersTimeout = timeouts.headMs
      server.requestTimeout = timeouts.requestMs
      server.keepAliveTimeout = timeouts.keepAliveMs
      return server.setTimeout(timeouts.connectionMs)
    },
    forceCloseConnections: 'idle',
    // What has come in is done, also while the process ends: stop-sequence.ts bounds it.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 300 },
    genReqId: () => newId('request'),
    ajv: {
      customOptions: {
        removeAdditional: false,
        coerceTypes: false,
        useDefaults: true,
        allErrors: false,
        // The schemas are code: they need no proof at each start that they are JSON Schema. Strict mode looks at them still.
        meta: false,
        validateSchema: false,
        // Shorter generated code takes longer to make than it saves.
        code: { optimize: false },
      },
    },
    clientErrorHandler: makeBrokenMessageHandler(options.docsUrl),
    // A path that names nothing, because it cannot be read. Fastify's own answer would quote it.
    frameworkErrors: (_error, request, reply) => {
      // No hook was run.
      request.facts = { request_id: request.id }
      reply.header('x-request-id', request.id)
      const detail = `The path has a broken escape, or a part that is too long. ${whereRoutesAre}`
      return sendRefusal(request, reply, refuse('route_not_found', { detail }), options.docsUrl)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.server.maxConnections = maxConnections
  app.register(rateLimit, { global: false, cache: maxBuckets })

  const routes: (RouteEntry & { pattern: RegExp })[] = []
  app.decorate('routeTable', routes)
  app.addHook('onRoute', (route) => {
    const pattern = new RegExp(`^${route.url.replace(/:[^/]+/g, '[^/]+').replace('*', '.*')}$`)
    const { url, config } = route
    if (door !== undefined) route.handler = atDoor(door, route.handler)
    for (const method of [route.method].flat()) routes.push({ method, url, access: config?.access, pattern })
  })
  app.decorateRequest('startedAt', 0)
  app.decorateRequest('facts')
  // First of all, and not async: what is done from here on is done within the request.
  app.addHook('onRequest', (request, _reply, done) => {
    request.startedAt = performance.now()
    request.facts = { request_id: request.id }
    withinRequest(request.facts, done)
  })
  app.addHook('onRequest', async (request, reply) => {
    // A proxy may pass on what its own caller wrote. It is kept in the audit log, so what is no address is not believed.
    if (isIP(request.ip) === 0) delete request.raw.headers['x-forwarded-for']
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    const fault = findHeaderFault(request.raw)
    if (fault !== null) throw new RefusalError(fault)
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: IncomingMessage) => {
    const body = await readBody(payload, request.routeOptions.bodyLimit)
    // Some clients name a content type without having content.
    if (body.length === 0) return undefined
    await options.inspectBody?.(body, request)
    return parseJsonBody(body, options.text ?? 'storable')
  })
  app.addHook('preValidation', async (request) => {
    // No body is an empty one: an action without parameters needs none, and others say which field is missing.
    if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {}
  })
  // A card at the wrong door: most bodies of refused requests are never read, and a client may go away within one.
  const forget = (request: FastifyRequest) => {
    overwriteRest(request.raw)
    rinseSoon()
  }
  app.addHook('onSend', async (request, reply) => {
    door?.answered(request.raw)
    if (door !== undefined && request.url.startsWith('/v1/'))
      reply.header('server-timing', serverTiming(performance.now() - request.startedAt, door.awayMs(request.raw)))
    if (reply.statusCode >= 400) forget(request)
  })
  app.addHook('onRequestAbort', async (request) => forget(request))
  app.addHook('onResponse', async (request, reply) => {
    const ms = performance.now() - request.startedAt
    const { url } = request.routeOptions
    const status = `${Math.floor(reply.statusCode / 100)}xx` as ValueOf<'status'>
    const route = `${request.method} ${url ?? 'none'}`
    if (options.measured !== undefined) {
      const { by: metrics, as: door } = options.measured
      const labels = { door, route: url === undefined ? 'none' : route }
      metrics.count('fincore_http_requests_total', { ...labels, status })
      metrics.observe('fincore_http_request_duration_seconds', labels, ms / 1_000)
      const { code } = request.facts
      if (code !== undefined) metrics.count('fincore_http_refusals_total', { door, code })
    }
    options.log.info('request', { ...request.facts, route, status: reply.statusCode, duration_ms: Math.round(ms) })
  })
  app.setErrorHandler((error, request, reply) =>
    sendRefusal(request, reply, toRefusal(error, request, options.log), options.docsUrl),
  )
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = routes.filter((route) => route.pattern.test(path)).map((route) => route.method)
    if (allowed.length > 0) reply.header('allow', [...new Set(allowed)].join(', '))
    return sendRefusal(
      request,
      reply,
      allowed.length > 0
        ? refuse('method_not_allowed')
        : refuse('route_not_found', { detail: `Check the path. ${whereRoutesAre}` }),
      options.docsUrl,
    )
  })
  return app
}

/** The handler as a piece of work: from here on nobody but this process keeps the request waiting, until it calls a PSP. */
function atDoor(door: Door, handler: RouteHandlerMethod): RouteHandlerMethod {
  return function (request, reply) {
    return door.work(request.raw, () => handler.call(this, request, reply))
  }
}
