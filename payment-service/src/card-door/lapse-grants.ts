import type { Deps } from '../deps.ts'
import { expiredGrantNotice, type GrantFacts, lapsingGrantNotice, type NewNotice } from '../notices/notice-texts.ts'
import { recordAudits } from '../store/audit.ts'
import { expireGrants, type LapsingGrant, markWarnedGrants } from '../store/grants.ts'
import { insertNotice } from '../store/notices.ts'
import { inTransaction, type Transaction } from '../store/pool.ts'

/**
 * The daily look at the raw-card grants; running it oftener, or in several processes, changes nothing. Of each grant that
 * ends, or that is warned of, operators get a notice, and it is audited, in the same transaction. Admission does not wait
 * for it: it refuses a grant whose last day has passed by itself.
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
    await notify(tx, grants, expiredGrantNotice)
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
    await notify(tx, grants, lapsingGrantNotice)
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

async function notify(
  tx: Transaction,
  grants: readonly LapsingGrant[],
  write: (facts: GrantFacts) => NewNotice,
): Promise<void> {
  for (const { merchantId, merchantName: merchant, id: grant, validUntil, daysLeft } of grants)
    await insertNotice(tx, merchantId, grant, write({ merchant, merchantId, grant, validUntil, daysLeft }))
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
