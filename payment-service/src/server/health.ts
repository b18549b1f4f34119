import type { App } from './server.ts'

/** `GET /health`: that the process answers, for whoever watches it. It asks nobody, the database neither. */
export function registerHealthRoute(app: App): void {
  app.get('/health', { config: { access: { by: 'anyone' } } }, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  )
}
