import type { Deps } from '../deps.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { deleteWebhookEndpoint } from '../store/webhook-endpoints.ts'

/** Deletes an endpoint with its deliveries. Its events stay, and stay listed. */
export async function removeWebhookEndpoint(
  deps: Pick<Deps, 'pool'>,
  input: { merchantId: string; endpointId: string },
): Promise<{ object: 'webhook_endpoint'; id: string; deleted: true } | Refusal> {
  const deleted = await deleteWebhookEndpoint(deps.pool, input.merchantId, input.endpointId)
  if (!deleted) return refuse('resource_not_found', { param: 'id' })
  return { object: 'webhook_endpoint', id: input.endpointId, deleted: true }
}
