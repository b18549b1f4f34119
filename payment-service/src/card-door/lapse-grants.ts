import type { Deps } from '../deps.ts'
import { recordAudits } from '../store/audit.ts'
import { expireGrants, type LapsingGrant, markWarnedGrants } from '../store/grants.ts'
import { inTransaction } from '../store/pool.ts'

/**
 * The daily look at the raw-card grants; running it oftener, or in several processes, changes nothing. Each grant that
 * ends, or that is warned of, is audited in the same transaction. Admission does not wait for it: it refuses a grant
 * whose last day has passed by itself.
 */
export async function lapseGrants(
  deps: Pick<Deps, 'pool' | 'now' | 'log'>,
): Promise<{ expired: number; warned: number }> {
  const today = deps.now().toISOString().slice(0, 10)
  const expired = await inTransaction(deps.pool, async (tx) => {
    const grants = await expireGrants(tx, today)
    await recordAudits(
      tx,
      grants.map((grant) => ({
        ...recordOf(grant),
        type: 'raw_card_grant.expire',
        details: { valid_until: grant.validUntil },
      })),
    )
    return grants
  })
  if (expired.length > 0) deps.log.warn('raw-card grants have lapsed', { count: expired.length })
  const warned = await inTransaction(deps.pool, async (tx) => {
    const grants = await markWarnedGrants(tx, today)
    await recordAudits(
      tx,
      grants.map((grant) => ({
        ...recordOf(grant),
        type: 'raw_card_grant.lapse_warning',
        details: { valid_until: grant.validUntil, days_left: grant.daysLeft },
      })),
    )
    return grants
  })
  for (const grant of warned)
    deps.log.warn('a raw-card grant will lapse', {
      merchant: grant.merchantId,
      object: grant.id,
      count: grant.daysLeft,
    })
  return { expired: expired.length, warned: warned.length }
}

function recordOf(grant: LapsingGrant) {
  return {
    actorType: 'system',
    actor: 'lapse_grants',
    outcome: 'success',
    origin: 'lapse_grants',
    merchantId: grant.merchantId,
    resource: grant.id,
  } as const
}
