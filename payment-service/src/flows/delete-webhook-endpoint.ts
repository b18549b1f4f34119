import type { Deps } from '../deps.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { decideInTransaction } from '../store/pool.ts'
import { deleteWebhookEndpoint } from '../store/webhook-endpoints.ts'
import { auditEndpointChange, type MerchantActor } from './endpoint-audit.ts'

type Deleted = { object: 'webhook_endpoint'; id: string; deleted: true }

/** Deletes an endpoint with its deliveries. Its events stay, and stay listed. */
export async function removeWebhookEndpoint(
  deps: Pick<Deps, 'pool'>,
  input: { merchantId: string; endpointId: string; by: MerchantActor },
): Promise<Deleted | Refusal> {
  const { merchantId, endpointId, by } = input
  return decideInTransaction<Deleted>(deps.pool, async (tx) => {
    const deleted = await deleteWebhookEndpoint(tx, merchantId, endpointId)
    if (!deleted) return refuse('resource_not_found', { param: 'id' })
    await auditEndpointChange(tx, by, merchantId, endpointId, { type: 'webhook_endpoint.delete' })
    return { object: 'webhook_endpoint', id: endpointId, deleted: true }
  })
}
