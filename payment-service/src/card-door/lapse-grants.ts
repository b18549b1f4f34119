import type { Deps } from '../deps.ts'
import { expireGrants, warnOfLapsingGrants } from '../store/grants.ts'

/**
 * The daily look at the raw-card grants; running it oftener, or in several processes, changes nothing. Admission does
 * not wait for it: it refuses a grant whose last day has passed by itself.
 */
export async function lapseGrants(
  deps: Pick<Deps, 'pool' | 'now' | 'log'>,
): Promise<{ expired: number; warned: number }> {
  const today = deps.now().toISOString().slice(0, 10)
  const expired = await expireGrants(deps.pool, today)
  if (expired > 0) deps.log.warn('raw-card grants have lapsed', { count: expired })
  const warned = await warnOfLapsingGrants(deps.pool, today)
  for (const grant of warned)
    deps.log.warn('a raw-card grant will lapse', {
      merchant: grant.merchantId,
      object: grant.id,
      count: grant.daysLeft,
    })
  return { expired, warned: warned.length }
}
