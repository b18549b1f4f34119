import fastify, { type FastifyError } from 'fastify'
import type { HeldConnections } from '../held-connections.ts'
import { describeError, type Log } from '../log.ts'
import { loopback as host, originOf } from '../loopback.ts'
import { registerAdmin } from './admin/routes.ts'
import { createRequestCounts } from './api/request-counts.ts'
import { type Api, type App, registerOperations } from './api/server.ts'
import { Refusal } from './errors.ts'
import { registerPages } from './pages/register-pages.ts'
import { createWebhookSender } from './webhooks/sender.ts'
import { defaultTimings, type Timings, type World } from './world.ts'

export type StandInOptions = {
  /** 0, the default, takes a free port, for both listeners. */
  pagesPort?: number
  apiPort?: number
  /** PEM texts. */
  tls: { cert: string; key: string }
  adminToken: string
  /** The origin that shoppers reach the pages at; default: host and port of the listener. */
  publicPagesUrl?: string
  /** Tests shorten the waits. */
  timings?: Partial<Timings>
  log?: Log
}

export type StripeStandIn = {
  /** Origins, without a slash at the end. */
  apiUrl: string
  pagesUrl: string
  /** Cuts held connections, finishes what is under way for at most 2 s, and forgets everything. */
  close(): Promise<void>
}

/** 64 KiB holds every request there is, a session of a hundred line items included. */
const bodyLimit = 64 * 1024
const closeWithinMs = 2_000
/** `setTimeout` takes no more. */
const longestTimerMs = 2 ** 31 - 1

/** Starts a Stripe in this process: the API on TLS, the pages on HTTP, its books in memory. */
export async function startStripeStandIn(options: StandInOptions): Promise<StripeStandIn> {
  const { log = () => {} } = options
  const timings: Timings = { ...defaultTimings, ...options.timings }
  const timers = new Set<NodeJS.Timeout>()
  const held: HeldConnections = new Set()
  let closed = false
  const now = () => Date.now()
  const later = (delayMs: number, work: () => void) => {
    if (closed) return
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        work()
      },
      Math.min(Math.max(0, delayMs), longestTimerMs),
    )
    timers.add(timer)
  }
  const sender = createWebhookSender(timings, now, later)
  const world: World = {
    accounts: new Map(),
    movements: [],
    authorizeCalls: new Map(),
    timings,
    pagesUrl: options.publicPagesUrl ?? '',
    now,
    later,
    announce: sender.announce,
  }
  const api: Api = { world, kept: new Map(), held, requests: createRequestCounts() }
  const common = { logger: false, bodyLimit, forceCloseConnections: 'idle' as const, requestTimeout: 30_000 }
  const apiApp: App = fastify({ ...common, https: options.tls, routerOptions: { maxParamLength: 300 } })
  const pagesApp: App = fastify({ ...common, routerOptions: { maxParamLength: 300 } })
  for (const app of [apiApp, pagesApp]) prepare(app, log)
  registerOperations(apiApp, api, 'all')
  registerAdmin(apiApp, api, options.adminToken)
  registerOperations(pagesApp, api, 'publishable')
  registerPages(pagesApp, world)
  try {
    await pagesApp.listen({ host, port: options.pagesPort ?? 0 })
    if (options.publicPagesUrl === undefined) world.pagesUrl = originOf('http', pagesApp.server.address())
    await apiApp.listen({ host, port: options.apiPort ?? 0 })
  } catch (error) {
    await Promise.allSettled([pagesApp.close(), apiApp.close()])
    throw error
  }
  return {
    apiUrl: originOf('https', apiApp.server.address()),
    pagesUrl: world.pagesUrl,
    async close() {
      if (closed) return
      closed = true
      for (const timer of timers) clearTimeout(timer)
      for (const socket of held) socket.destroy()
      const cutAll = setTimeout(() => {
        apiApp.server.closeAllConnections()
        pagesApp.server.closeAllConnections()
      }, closeWithinMs)
      await Promise.allSettled([sender.close(), apiApp.close(), pagesApp.close()])
      clearTimeout(cutAll)
    },
  }
}

/** Bodies are read as texts, and errors are Stripe's. */
function prepare(app: App, log: Log): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error: FastifyError | Refusal, request, reply) => {
    if (error instanceof Refusal) return reply.code(error.status).send({ error: error.body })
    const status = error.statusCode && error.statusCode < 500 ? error.statusCode : 500
    if (status === 500) log('error', { route: request.routeOptions.url ?? null, error: describeError(error) })
    const type = status === 500 ? 'api_error' : 'invalid_request_error'
    return reply.code(status).send({ error: { type, message: 'The request could not be handled.' } })
  })
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: {
        type: 'invalid_request_error',
        message: `Unrecognized request URL (${request.method}). If you are trying to list objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code. This stand-in offers the operations of its README.`,
      },
    }),
  )
  app.addHook('onResponse', async (request, reply) => {
    log('request', {
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    })
  })
}
