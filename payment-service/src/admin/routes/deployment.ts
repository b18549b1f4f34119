import type { App } from '../../server/server.ts'
import { operatorOf, readingRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'

/** Who the token's operator is, and where the doors of this deployment are: what `fincore` asks first. */
export function addDeploymentRoute(app: App, { config }: AdminDeps): void {
  app.get('/admin/v1/deployment', { config: readingRoute }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    return {
      object: 'deployment',
      environment: config.environment,
      operator: operatorOf(request),
      api_url: config.publicUrl,
      relay_url: config.relayUrl,
    }
  })
}
