import type { UpdateWebhookEndpoint, WebhookEndpoint } from '@fincore/api-contract/webhook-endpoints'
import type { Deps } from '../deps.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { findHealthOf, forgetFailures } from '../store/endpoint-health.ts'
import { decideInTransaction } from '../store/pool.ts'
import { cancelWaitingDeliveries } from '../store/webhook-deliveries.ts'
import { lockWebhookEndpoint, renderWebhookEndpoint, updateWebhookEndpoint } from '../store/webhook-endpoints.ts'
import { checkWebhookUrl } from '../webhook-addresses/check-webhook-url.ts'
import { tidyEvents } from './create-webhook-endpoint.ts'
import { auditEndpointChange, hostOf, type MerchantActor } from './endpoint-audit.ts'

/**
 * Changes an endpoint; fields that are not given stay. What waits for it goes to the new address. Disabling cancels
 * what waits, and enabling brings new events only: the canceled ones can be sent again (redeliver_failed).
 */
export async function changeWebhookEndpoint(
  deps: Pick<Deps, 'pool' | 'config'>,
  input: { merchantId: string; endpointId: string; request: UpdateWebhookEndpoint; by: MerchantActor },
): Promise<WebhookEndpoint | Refusal> {
  const { merchantId, endpointId, request } = input
  if (request.url !== undefined) {
    const unsafe = await checkWebhookUrl(request.url, { allowLoopback: deps.config.allowLoopbackWebhooks })
    if (unsafe !== null) return unsafe
  }
  return decideInTransaction<WebhookEndpoint>(deps.pool, async (tx) => {
    const row = await lockWebhookEndpoint(tx, merchantId, endpointId)
    if (row === null) return refuse('resource_not_found', { param: 'id' })
    const { url = row.url, description = row.description } = request
    const status = request.status === 'disabled' ? 'disabled' : (request.status ?? row.status)
    const changed = await updateWebhookEndpoint(tx, {
      merchant_id: merchantId,
      id: endpointId,
      url,
      description,
      events: request.events === undefined ? row.events : tidyEvents(request.events),
      status: status === 'disabled' ? 'disabled' : 'enabled',
      disabled_reason: status === 'disabled' ? (row.disabled_reason ?? 'requested') : null,
    })
    if (changed === null) throw new Error('A locked webhook endpoint has gone')
    if (row.status === 'enabled' && changed.status === 'disabled')
      await cancelWaitingDeliveries(tx, merchantId, endpointId)
    const isEnabledAgain = row.status === 'disabled' && changed.status === 'enabled'
    if (isEnabledAgain || changed.url !== row.url) await forgetFailures(tx, merchantId, endpointId)
    const details = { changed: Object.keys(request).sort().join(' '), host: hostOf(changed.url) }
    await auditEndpointChange(tx, input.by, merchantId, endpointId, { type: 'webhook_endpoint.update', details })
    return renderWebhookEndpoint(changed, await findHealthOf(tx, merchantId, endpointId))
  })
}
