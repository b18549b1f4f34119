import { CreateWebhookEndpoint } from '@fincore/api-contract/webhook-endpoints'
import { Type } from 'typebox'
import { createWebhookEndpoint } from '../../flows/create-webhook-endpoint.ts'
import { hostOf } from '../../flows/endpoint-audit.ts'
import { isRefusal } from '../../refusal.ts'
import type { App } from '../../server/server.ts'
import { act, auditedRoute } from '../act.ts'
import type { AdminDeps } from '../deps.ts'

const createSchema = { params: Type.Object({ merchant: Type.String() }), body: CreateWebhookEndpoint }

/** An operator sets up a merchant's first endpoint; afterwards the merchant keeps them, at `/v1/webhook_endpoints`. */
export function addWebhookEndpointRoutes(app: App, deps: AdminDeps): void {
  app.post(
    '/admin/v1/merchants/:merchant/webhook_endpoints',
    { schema: createSchema, config: auditedRoute('webhook_endpoint.create') },
    (request, reply) =>
      act(deps, request, reply, async (tx) => {
        const { url, events = ['*'], description = null } = request.body
        const created = await createWebhookEndpoint(
          deps,
          { merchantId: request.params.merchant, url, events, description },
          tx,
        )
        if (isRefusal(created)) return created
        const { endpoint, secret } = created
        return { status: 201, body: { ...endpoint, secret }, resource: endpoint.id, details: { host: hostOf(url) } }
      }),
  )
}
