import type { Deps } from '../deps.ts'
import { type App, createServer } from '../server/server.ts'
import { registerHealthRoutes } from './health-routes.ts'

/**
 * What every process listens to, whatever its roles: health for whoever keeps it running, metrics for Prometheus. It asks
 * for no key, and is to be reached by these two alone; nothing that it says is of a merchant's customers.
 */
export function createManagementServer(deps: Pick<Deps, 'config' | 'log' | 'metrics' | 'readiness'>): App {
  const app = createServer({
    docsUrl: `${deps.config.publicUrl}/docs`,
    log: deps.log,
    measured: { by: deps.metrics, as: 'management' },
    whereRoutesAre: 'Here are `/metrics`, `/health/live` and `/health/ready`.',
  })
  registerHealthRoutes(app, deps.readiness)
  app.get('/metrics', { config: { access: { by: 'anyone' } } }, async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(await deps.metrics.render()),
  )
  return app
}
