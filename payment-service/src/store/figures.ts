import { readSealLag } from './audit.ts'
import { inTransaction, type Pool, type Transaction } from './pool.ts'

/** How things stand in the whole database, for whoever watches it. Ages in seconds, 0 where there is nothing. */
export type Figures = {
  inDoubt: Record<'psp' | 'shopper', { count: number; oldest: number }>
  pspEvents: Record<'due' | 'held' | 'flagged', { count: number; oldest: number }>
  deliveries: { pending: number; oldestDue: number }
  endpointsFailing: number
  findings: { class: string; count: number }[]
  reconciliationBehind: number
  notices: { kind: string; count: number }[]
  grants: { inForce: number; within7: number; within30: number; within60: number; nextEndDays: number | null }
  cardTestingBlocks: number
  auditSealLag: number
  databaseBytes: number
}

/** What it may cost: each statement ends by this time, in ms, and no table is counted further than its bound. */
const statementTimeoutMs = 2_000
const mostCounted = { attempts: 10_000, pspEvents: 10_000, deliveries: 100_000, endpoints: 10_000 }

/** Reads all figures, one statement after the other, as of one moment. Each says which index bounds what it reads. */
export function readFigures(pool: Pool): Promise<Figures> {
  return inTransaction(pool, async (tx) => {
    await tx.query(`set transaction isolation level repeatable read read only`)
    await tx.query(`set local statement_timeout = ${statementTimeoutMs}`)
    return {
      inDoubt: await readAttemptsInDoubt(tx),
      pspEvents: await readPspEvents(tx),
      deliveries: await readDeliveries(tx),
      ...(await readCounts(tx)),
      findings: await readFindings(tx),
      notices: await readNotices(tx),
      grants: await readGrants(tx),
      auditSealLag: await readSealLag(tx),
    }
  })
}

/**
 * A call that is still under way is in no doubt: its lease has not ended. Index: attempts_to_look_up, which holds the
 * unsettled ones alone.
 */
async function readAttemptsInDoubt(tx: Transaction): Promise<Figures['inDoubt']> {
  const { rows } = await tx.query<{ waits_for: 'psp' | 'shopper'; count: number; oldest: number }>(
    `select case when state = 'action_required' then 'shopper' else 'psp' end as waits_for, count(*)::int as count,
       greatest(0, extract(epoch from now() - min(sent_at)))::float8 as oldest
     from (select state, sent_at from attempts
       where next_lookup_at is not null and (state <> 'sent' or in_doubt_since is not null or next_lookup_at < now())
       order by next_lookup_at limit ${mostCounted.attempts}) as unsettled
     group by 1`,
  )
  const none = { count: 0, oldest: 0 }
  const of = (who: 'psp' | 'shopper') => rows.find(({ waits_for }) => waits_for === who) ?? none
  return { psp: of('psp'), shopper: of('shopper') }
}

/** Indexes: psp_events_to_apply; psp_events_held, which has what waits for operators alone. */
async function readPspEvents(tx: Transaction): Promise<Figures['pspEvents']> {
  const { rows } = await tx.query<{ state: 'due' | 'held' | 'flagged'; count: number; oldest: number }>(
    `select 'due' as state, count(*)::int as count, greatest(0, extract(epoch from now() - min(next_try_at)))::float8 as oldest
     from (select next_try_at from psp_events where state in ('received', 'held') and next_try_at <= now()
       order by next_try_at limit ${mostCounted.pspEvents}) as due
     union all
     select state, count(*)::int, greatest(0, extract(epoch from now() - min(received_at)))::float8
     from (select state, received_at from psp_events where state in ('held', 'flagged')
       order by received_at limit ${mostCounted.pspEvents}) as waiting
     group by state`,
  )
  const none = { count: 0, oldest: 0 }
  const of = (state: 'due' | 'held' | 'flagged') => {
    const row = rows.find((one) => one.state === state)
    return row === undefined ? none : { count: row.count, oldest: row.oldest ?? 0 }
  }
  return { due: of('due'), held: of('held'), flagged: of('flagged') }
}

/**
 * The oldest is found by skipping from endpoint to endpoint, as when they are claimed, so a long queue costs no more than
 * a short one; the count has a bound. Index: webhook_deliveries_due.
 */
async function readDeliveries(tx: Transaction): Promise<Figures['deliveries']> {
  const { rows } = await tx.query<{ pending: number; oldest: number }>(
    `with recursive heads as (
       (select merchant_id, endpoint_id, next_try_at from webhook_deliveries where state = 'pending'
        order by merchant_id, endpoint_id, next_try_at limit 1)
       union all
       select next.* from heads, lateral (
         select merchant_id, endpoint_id, next_try_at from webhook_deliveries
         where state = 'pending' and (merchant_id, endpoint_id) > (heads.merchant_id, heads.endpoint_id)
         order by merchant_id, endpoint_id, next_try_at limit 1) as next
     )
     select
       (select count(*)::int from (
         select from webhook_deliveries where state = 'pending' limit ${mostCounted.deliveries}) as waiting) as pending,
       (select greatest(0, extract(epoch from now() - min(next_try_at)))::float8
        from (select next_try_at from heads limit ${mostCounted.endpoints}) as known) as oldest`,
  )
  return { pending: rows[0]?.pending ?? 0, oldestDue: rows[0]?.oldest ?? 0 }
}

/**
 * Indexes: webhook_endpoint_health_failing, card_testing_blocks_to_forget; of the comparison, the whole table, which has a
 * row for each PSP account.
 */
async function readCounts(
  tx: Transaction,
): Promise<Pick<Figures, 'endpointsFailing' | 'reconciliationBehind' | 'cardTestingBlocks' | 'databaseBytes'>> {
  const { rows } = await tx.query<{ endpoints: number; behind: number; blocks: number; bytes: bigint }>(
    `select
       (select count(*)::int from webhook_endpoint_health h join webhook_endpoints e using (merchant_id)
        where h.endpoint_id = e.id and e.status = 'enabled' and h.failing_since < now() - interval '1 hour') as endpoints,
       (select greatest(0, extract(epoch from now() - min(coalesce(compared_until, next_run_at))))::float8
        from reconciliation_accounts) as behind,
       (select count(*)::int from card_testing_blocks where until > now() and lifted_at is null) as blocks,
       pg_database_size(current_database()) as bytes`,
  )
  const row = rows[0]
  return {
    endpointsFailing: row?.endpoints ?? 0,
    reconciliationBehind: row?.behind ?? 0,
    cardTestingBlocks: row?.blocks ?? 0,
    databaseBytes: Number(row?.bytes ?? 0n),
  }
}

/** Index: reconciliation_findings_open. */
async function readFindings(tx: Transaction): Promise<Figures['findings']> {
  const { rows } = await tx.query<{ class: string; count: number }>(
    `select class, count(*)::int as count from reconciliation_findings where state = 'open' group by class`,
  )
  return rows
}

/** Index: notices_open. */
async function readNotices(tx: Transaction): Promise<Figures['notices']> {
  const { rows } = await tx.query<{ kind: string; count: number }>(
    `select kind, count(*)::int as count from notices where acknowledged_at is null group by kind`,
  )
  return rows
}

/** A grant's last day is counted in. Index: raw_card_grants_in_force, of at most one grant for each merchant. */
async function readGrants(tx: Transaction): Promise<Figures['grants']> {
  const { rows } = await tx.query<Figures['grants']>(
    `select count(*)::int as "inForce",
       count(*) filter (where days <= 7)::int as "within7", count(*) filter (where days <= 30)::int as "within30",
       count(*) filter (where days <= 60)::int as "within60", min(days)::int as "nextEndDays"
     from (select valid_until - (now() at time zone 'UTC')::date as days from raw_card_grants
       where status in ('active', 'suspended')) as in_force`,
  )
  return rows[0] ?? { inForce: 0, within7: 0, within30: 0, within60: 0, nextEndDays: null }
}
