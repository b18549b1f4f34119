import type { Deps } from '../../deps.ts'
import { hostOf } from '../../flows/endpoint-audit.ts'
import { disabledEndpointNotice } from '../../notices/notice-texts.ts'
import { recordAudit } from '../../store/audit.ts'
import { findHealthOf } from '../../store/endpoint-health.ts'
import { insertEvent, makeEvent } from '../../store/events.ts'
import { nextSequenceOf } from '../../store/events-list.ts'
import { findMerchant } from '../../store/merchants.ts'
import { insertNotice } from '../../store/notices.ts'
import { inTransaction } from '../../store/pool.ts'
import { cancelWaitingDeliveries } from '../../store/webhook-deliveries.ts'
import { disableWebhookEndpoint, renderWebhookEndpoint } from '../../store/webhook-endpoints.ts'

/**
 * Disables an endpoint that takes nothing any more: what waits for it is canceled, the merchant's other endpoints get
 * `webhook_endpoint.disabled`, operators a notice, and the audit log a record, all in one transaction.
 *
 * @param endpoint `url` is the address that failed; when the merchant has moved the endpoint meanwhile, nothing is done.
 * @returns whether it was this call that disabled it.
 */
export async function disableEndpoint(
  deps: Pick<Deps, 'pool' | 'now' | 'log' | 'config'>,
  endpoint: { merchantId: string; id: string; url: string; reason: 'gone' | 'failing' },
): Promise<boolean> {
  const { merchantId, id, url, reason } = endpoint
  const isDisabled = await inTransaction(deps.pool, async (tx) => {
    const row = await disableWebhookEndpoint(tx, endpoint)
    if (row === null) return false
    await cancelWaitingDeliveries(tx, merchantId, id)
    const health = await findHealthOf(tx, merchantId, id)
    const shown = renderWebhookEndpoint(row, health)
    const sequence = await nextSequenceOf(tx, merchantId, id)
    await insertEvent(tx, makeEvent('webhook_endpoint.disabled', merchantId, shown, sequence, deps.now()))
    const merchant = (await findMerchant(tx, merchantId))?.name ?? merchantId
    const failingSince = health?.failingSince ?? deps.now()
    const facts = { merchant, merchantId, endpoint: id, host: hostOf(url), failingSince }
    await insertNotice(tx, merchantId, id, disabledEndpointNotice(reason, facts))
    await recordAudit(tx, {
      actorType: 'system',
      actor: 'endpoint_health',
      type: 'webhook_endpoint.disable',
      outcome: 'success',
      origin: 'endpoint_health',
      merchantId,
      resource: id,
      details: { reason, host: hostOf(url) },
    })
    return true
  })
  if (isDisabled) deps.log.warn('a webhook endpoint was disabled', { merchant: merchantId, object: id, reason })
  return isDisabled
}
