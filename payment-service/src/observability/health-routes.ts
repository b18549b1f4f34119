import type { App } from '../server/server.ts'
import type { Readiness } from './readiness.ts'

const access = { config: { access: { by: 'anyone' } } } as const

/**
 * For whoever watches the process. `GET /health/live`: it answers; asks nobody, because a process that is ended when its
 * database is away helps nobody. `GET /health/ready`: whether it should be sent requests.
 */
export function registerHealthRoutes(app: App, readiness: Readiness): void {
  app.get('/health/live', access, async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  )
  app.get('/health/ready', access, async (_request, reply) => {
    const obstacle = await readiness.findObstacle()
    reply.header('cache-control', 'no-store')
    if (obstacle === null) return reply.send({ status: 'ok' })
    return reply.code(503).send({ status: 'not_ready', reason: obstacle })
  })
}
