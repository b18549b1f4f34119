import type { Deps } from '../../deps.ts'
import { hostOf } from '../../flows/endpoint-audit.ts'
import { failingEndpointNotice } from '../../notices/notice-texts.ts'
import { findEndpointsToDisable, markWarnedEndpoints } from '../../store/endpoint-health.ts'
import { insertNotice } from '../../store/notices.ts'
import { inTransaction } from '../../store/pool.ts'
import { disableEndpoint } from './disable-endpoint.ts'

/**
 * Looks at the endpoints whose tries all fail: after a day operators get a notice, after five the endpoint is disabled
 * (`endpointHealthLimits`). Running it oftener, or in several processes, changes nothing.
 */
export async function watchEndpoints(
  deps: Pick<Deps, 'pool' | 'now' | 'log' | 'config' | 'wakeOutbox'>,
): Promise<{ warned: number; disabled: number }> {
  const warned = await inTransaction(deps.pool, async (tx) => {
    const endpoints = await markWarnedEndpoints(tx)
    for (const { merchantId, merchantName: merchant, id, url, failingSince } of endpoints) {
      const facts = { merchant, merchantId, endpoint: id, host: hostOf(url), failingSince }
      await insertNotice(tx, merchantId, id, failingEndpointNotice(facts))
    }
    return endpoints
  })
  for (const { merchantId, id } of warned)
    deps.log.warn('a webhook endpoint has failed for a day', { merchant: merchantId, object: id })
  let disabled = 0
  for (const { merchantId, id, url } of await findEndpointsToDisable(deps.pool))
    if (await disableEndpoint(deps, { merchantId, id, url, reason: 'failing' })) disabled++
  if (disabled > 0) deps.wakeOutbox()
  return { warned: warned.length, disabled }
}
