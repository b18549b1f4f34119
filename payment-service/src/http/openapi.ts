import swagger from '@fastify/swagger'
import { eventTypes } from '@fincore/api-contract/events'
import type { App } from '../server/server.ts'

/**
 * `/v1/openapi.json`, made from the very schemas that validate. Must be registered before the routes that it describes.
 */
export async function registerOpenApi(app: App, publicUrl: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'FinCore',
        version: '1',
        description: 'Payments through your own PSP accounts: hosted, by token, or server-to-server.',
      },
      servers: [{ url: publicUrl }],
      components: {
        securitySchemes: {
          secret_key: {
            type: 'http',
            scheme: 'bearer',
            description: 'Your secret key, `sk_…`. Only from your server.',
          },
          publishable_key: {
            type: 'http',
            scheme: 'bearer',
            description: 'Your publishable key, `pk_…`. May stand in a web page.',
          },
        },
      },
      webhooks: Object.fromEntries(
        Object.entries(eventTypes).map(([type, description]) => [
          type,
          { post: { description, responses: { '204': { description: 'Received.' } } } },
        ]),
      ),
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access
      // What shoppers' browsers and PSPs call is no part of the merchant's API.
      if (!url.startsWith('/v1/') || access === undefined || access.by === 'anyone')
        return { schema: { ...schema, hide: true }, url }
      const idempotencyKey = {
        type: 'object',
        properties: {
          'idempotency-key': {
            type: 'string',
            maxLength: 255,
            description: 'New for each new intention, the same for a retry.',
          },
        },
      }
      return {
        schema: {
          ...schema,
          security: [{ [access.by]: [] }],
          ...(route.config?.idempotent === true ? { headers: idempotencyKey } : {}),
        },
        url,
      }
    },
  })
  app.get('/v1/openapi.json', { config: { access: { by: 'anyone' } } }, async (_request, reply) =>
    reply.header('access-control-allow-origin', '*').send(app.swagger()),
  )
}
