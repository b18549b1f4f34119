import type { Deps } from '../deps.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { decideInTransaction } from '../store/pool.ts'
import { deleteDeliveries } from '../store/webhook-deliveries.ts'
import { deleteWebhookEndpoint } from '../store/webhook-endpoints.ts'
import { auditEndpointChange, type MerchantActor } from './endpoint-audit.ts'

type Deleted = { object: 'webhook_endpoint'; id: string; deleted: true }

/** A statement that deletes so many takes some hundredths of a second. */
const batchSize = 5_000

/**
 * Deletes an endpoint with its deliveries. Its events stay, and stay listed.
 *
 * Its deliveries go first, because there may be millions, and whatever writes an event of the merchant waits for the
 * transaction that deletes the endpoint: with it the charges of all merchants that are written in the same statement.
 * Should it end half-way, the endpoint is still there without what was deleted, and deleting it again goes on.
 */
export async function removeWebhookEndpoint(
  deps: Pick<Deps, 'pool'>,
  input: { merchantId: string; endpointId: string; by: MerchantActor },
): Promise<Deleted | Refusal> {
  const { merchantId, endpointId, by } = input
  let deleted: number
  do deleted = await deleteDeliveries(deps.pool, { merchantId, endpointId }, batchSize)
  while (deleted === batchSize)
  return decideInTransaction<Deleted>(deps.pool, async (tx) => {
    const wasThere = await deleteWebhookEndpoint(tx, merchantId, endpointId)
    if (!wasThere) return refuse('resource_not_found', { param: 'id' })
    await auditEndpointChange(tx, by, merchantId, endpointId, { type: 'webhook_endpoint.delete' })
    return { object: 'webhook_endpoint', id: endpointId, deleted: true }
  })
}
