import formbody from '@fastify/formbody'
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import { describeError, type Log } from '../../log.ts'
import type { World } from '../world.ts'
import { registerChallengePage } from './challenge-page.ts'
import { registerFiles } from './files.ts'
import { renderMessage, sendPage } from './layout.ts'
import { registerLinkPage } from './link-page.ts'
import { registerSecuredFieldPage } from './secured-field-page.ts'

/** Makes the shopper's pages. It is not listening yet. */
export function createPages(world: World, log: Log): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: 16 * 1024, forceCloseConnections: 'idle', requestTimeout: 30_000 })
  app.register(formbody)
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const isOurs = (error.statusCode ?? 500) >= 500
    if (isOurs) log('error', { route: request.routeOptions.url ?? null, error: describeError(error) })
    const title = isOurs ? 'Something went wrong' : 'This cannot be read'
    return sendPage(
      reply,
      error.statusCode ?? 500,
      renderMessage({ title, text: 'Go back to the shop and look whether your payment was made.' }),
    )
  })
  app.setNotFoundHandler((_request, reply) =>
    sendPage(reply, 404, renderMessage({ title: 'Nothing is here', text: 'Check that you have the whole address.' })),
  )
  registerFiles(app)
  registerSecuredFieldPage(app, world)
  registerChallengePage(app, world)
  registerLinkPage(app, world)
  return app
}
