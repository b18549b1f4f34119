import type { SettlementOutcome, SettlementState } from '../payments/settlement-states.ts'
import type { AttemptRow } from './attempts.ts'
import type { Queryable } from './pool.ts'

/** An outcome that operators give an attempt, because its PSP does not. */
export type Settlement = {
  merchantId: string
  id: string
  attemptId: string
  state: SettlementState
  outcome: SettlementOutcome
  captured: bigint | null
  pspReference: string | null
  proof: string | null
  reason: string
  requestedBy: string
  requestedAt: Date
  approvedBy: string | null
  approvedAt: Date | null
  note: string | null
  endedAt: Date | null
}

export type NewSettlement = Pick<
  Settlement,
  'merchantId' | 'id' | 'attemptId' | 'outcome' | 'captured' | 'pspReference' | 'proof' | 'reason' | 'requestedBy'
>

const columns = `merchant_id as "merchantId", id, attempt_id as "attemptId", state, outcome, captured, psp_reference as "pspReference", proof,
  reason, requested_by as "requestedBy", requested_at as "requestedAt", approved_by as "approvedBy", approved_at as "approvedAt", note,
  ended_at as "endedAt"`

/** Throws on a second one while another waits (attempt_settlements_open). */
export async function insertSettlement(tx: Queryable, settlement: NewSettlement): Promise<Settlement> {
  const { rows } = await tx.query<Settlement>(
    `insert into attempt_settlements (merchant_id, id, attempt_id, state, outcome, captured, psp_reference, proof, reason, requested_by)
     values ($1, $2, $3, 'requested', $4, $5, $6, $7, $8, $9) returning ${columns}`,
    [
      settlement.merchantId,
      settlement.id,
      settlement.attemptId,
      settlement.outcome,
      settlement.captured,
      settlement.pspReference,
      settlement.proof,
      settlement.reason,
      settlement.requestedBy,
    ],
  )
  return one(rows)
}

/** Index: attempt_settlements_by_id. An operator's path names the settlement and not its merchant. */
export async function findSettlement(db: Queryable, id: string): Promise<Settlement | null> {
  const { rows } = await db.query<Settlement>(`select ${columns} from attempt_settlements where id = $1`, [id])
  return rows[0] ?? null
}

/** Reads a settlement and keeps it from changing until the transaction ends. */
export async function lockSettlement(tx: Queryable, id: string): Promise<Settlement | null> {
  const { rows } = await tx.query<Settlement>(`select ${columns} from attempt_settlements where id = $1 for update`, [
    id,
  ])
  return rows[0] ?? null
}

/**
 * Until the transaction ends nobody else settles by this reference of the account. Take it after the locks of the charge
 * and the attempt, and look for the reference afterwards: two settlements with the same one may be applied at once.
 */
export async function lockPspReference(tx: Queryable, pspAccountId: string, reference: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('psp_reference:' || $1 || ':' || $2, 0))`, [
    pspAccountId,
    reference,
  ])
}

/** Another attempt's open one, of the same account and by the same reference. Index: attempt_settlements_open. */
export async function findOpenSettlementByReference(
  db: Queryable,
  attempt: Pick<AttemptRow, 'merchant_id' | 'id' | 'psp_account_id' | 'kind'>,
  reference: string,
): Promise<Settlement | null> {
  const { rows } = await db.query<Settlement>(
    `select ${columns} from attempt_settlements
     where merchant_id = $1 and state in ('requested', 'approved') and psp_reference = $2 and attempt_id <> $3
       and attempt_id in (
         select id from attempts where merchant_id = $1 and psp_account_id = $4 and (kind = 'authorize') = ($5 = 'authorize'))
     order by id limit 1`,
    [attempt.merchant_id, reference, attempt.id, attempt.psp_account_id, attempt.kind],
  )
  return rows[0] ?? null
}

/** The database checks once more that the two operators differ. A worker takes it at once. */
export async function approveSettlement(
  tx: Queryable,
  settlement: Settlement,
  by: string,
  now: Date,
): Promise<Settlement> {
  const { rows } = await tx.query<Settlement>(
    `update attempt_settlements set state = 'approved', approved_by = $3, approved_at = now(), next_try_at = $4
     where merchant_id = $1 and id = $2 returning ${columns}`,
    [settlement.merchantId, settlement.id, by, now],
  )
  return one(rows)
}

export async function endSettlement(
  tx: Queryable,
  settlement: Settlement,
  state: 'applied' | 'superseded' | 'refused' | 'withdrawn',
  note: string | null,
): Promise<Settlement> {
  const { rows } = await tx.query<Settlement>(
    `update attempt_settlements set state = $3, note = $4, ended_at = now(), next_try_at = null
     where merchant_id = $1 and id = $2 returning ${columns}`,
    [settlement.merchantId, settlement.id, state, note],
  )
  return one(rows)
}

/** Ends those that wait for an approval of what has an outcome already. Index: attempt_settlements_open. */
export async function endMootSettlements(tx: Queryable, note: string): Promise<Settlement[]> {
  const { rows } = await tx.query<Settlement>(
    `update attempt_settlements set state = 'superseded', note = $1, ended_at = now()
     where (merchant_id, id) in (
       select s.merchant_id, s.id from attempt_settlements s
       join attempts a on a.merchant_id = s.merchant_id and a.id = s.attempt_id
       where s.state = 'requested' and a.next_lookup_at is null limit 100 for update of s skip locked)
     returning ${columns}`,
    [note],
  )
  return rows
}

/** Takes approved ones that are due; one that its process does not finish is taken again. Index: attempt_settlements_to_apply. */
export async function claimSettlementsToApply(
  db: Queryable,
  now: Date,
  limit: number,
  leaseMs: number,
): Promise<Settlement[]> {
  const { rows } = await db.query<Settlement>(
    `update attempt_settlements set next_try_at = $1::timestamptz + make_interval(secs => $3::float / 1000)
     where (merchant_id, id) in (
       select merchant_id, id from attempt_settlements where state = 'approved' and next_try_at <= $1
       order by next_try_at limit $2 for update skip locked)
     returning ${columns}`,
    [now, limit, leaseMs],
  )
  return rows
}

/** Of one attempt, the newest first; a handful at most. */
export async function listSettlementsOf(db: Queryable, merchantId: string, attemptId: string): Promise<Settlement[]> {
  const { rows } = await db.query<Settlement>(
    `select ${columns} from attempt_settlements where merchant_id = $1 and attempt_id = $2 order by id desc limit 20`,
    [merchantId, attemptId],
  )
  return rows
}

/** The newest first. Few are ever made, so they need no index. */
export async function listSettlements(
  db: Queryable,
  state: string | null,
  page: { before: string | null; limit: number },
): Promise<Settlement[]> {
  const { rows } = await db.query<Settlement>(
    `select ${columns} from attempt_settlements where ($1::text is null or state = $1) and ($2::text is null or id < $2) order by id desc limit $3`,
    [state, page.before, page.limit],
  )
  return rows
}

function one(rows: Settlement[]): Settlement {
  const settlement = rows[0]
  if (settlement === undefined) throw new Error('A settlement vanished while it was changed')
  return settlement
}
