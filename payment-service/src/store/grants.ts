import type { Queryable, Transaction } from './pool.ts'

export type GrantStatus = 'requested' | 'active' | 'suspended' | 'expired' | 'revoked'

export type Grant = {
  merchantId: string
  id: string
  status: GrantStatus
  evidenceKind: 'saq_d' | 'roc_aoc'
  evidenceReference: string
  /** Lowercase hex. */
  evidenceSha256: string
  /** `YYYY-MM-DD`. */
  evidenceDate: string
  /** `YYYY-MM-DD`: the last day, in UTC, on which the grant holds. */
  validUntil: string
  /** CIDR notation. */
  addressRanges: string[]
  /** SHA-256 of the certificates' DER, lowercase hex. */
  certificateFingerprints: string[]
  requestedBy: string
  requestedAt: Date
  approvedBy: string | null
  approvedAt: Date | null
  updatedAt: Date
}

export type NewGrant = Pick<
  Grant,
  | 'evidenceKind'
  | 'evidenceReference'
  | 'evidenceSha256'
  | 'evidenceDate'
  | 'validUntil'
  | 'addressRanges'
  | 'certificateFingerprints'
>

const columns = `merchant_id as "merchantId", id, status, evidence_kind as "evidenceKind", evidence_reference as "evidenceReference",
  encode(evidence_sha256, 'hex') as "evidenceSha256", evidence_date::text as "evidenceDate", valid_until::text as "validUntil",
  address_ranges::text[] as "addressRanges",
  (select array_agg(encode(fingerprint, 'hex') order by n) from unnest(certificate_fingerprints) with ordinality as f(fingerprint, n))
    as "certificateFingerprints",
  requested_by as "requestedBy", requested_at as "requestedAt", approved_by as "approvedBy", approved_at as "approvedAt",
  updated_at as "updatedAt"`

/** Throws on a second grant that is asked for while one waits for approval (raw_card_grants_requested). */
export async function insertGrant(
  db: Queryable,
  merchantId: string,
  id: string,
  requestedBy: string,
  grant: NewGrant,
): Promise<Grant> {
  const { rows } = await db.query<Grant>(
    `insert into raw_card_grants (merchant_id, id, status, evidence_kind, evidence_reference, evidence_sha256, evidence_date,
       valid_until, address_ranges, certificate_fingerprints, requested_by)
     values ($1, $2, 'requested', $3, $4, decode($5, 'hex'), $6, $7, $8::cidr[],
       (select array_agg(decode(fingerprint, 'hex')) from unnest($9::text[]) as fingerprint), $10)
     returning ${columns}`,
    [
      merchantId,
      id,
      grant.evidenceKind,
      grant.evidenceReference,
      grant.evidenceSha256,
      grant.evidenceDate,
      grant.validUntil,
      grant.addressRanges,
      grant.certificateFingerprints,
      requestedBy,
    ],
  )
  return one(rows)
}

/** Reads a grant and keeps it from changing until the transaction ends. */
export async function lockGrant(db: Queryable, merchantId: string, id: string): Promise<Grant | null> {
  const { rows } = await db.query<Grant>(
    `select ${columns} from raw_card_grants where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

export async function setGrantStatus(db: Queryable, grant: Grant, status: GrantStatus): Promise<Grant> {
  const { rows } = await db.query<Grant>(
    `update raw_card_grants set status = $3, updated_at = now() where merchant_id = $1 and id = $2 returning ${columns}`,
    [grant.merchantId, grant.id, status],
  )
  return one(rows)
}

/** The database checks once more that the two operators differ. */
export async function activateGrant(db: Queryable, grant: Grant, approvedBy: string): Promise<Grant> {
  const { rows } = await db.query<Grant>(
    `update raw_card_grants set status = 'active', approved_by = $3, approved_at = now(), updated_at = now()
     where merchant_id = $1 and id = $2 returning ${columns}`,
    [grant.merchantId, grant.id, approvedBy],
  )
  return one(rows)
}

/** Revokes the grant in force, which a new one takes over from. Index: raw_card_grants_in_force. */
export async function revokeGrantInForce(db: Queryable, merchantId: string): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>(
    `update raw_card_grants set status = 'revoked', updated_at = now()
     where merchant_id = $1 and status in ('active', 'suspended') returning id`,
    [merchantId],
  )
  return rows[0]?.id ?? null
}

/**
 * The grant that decides whether a merchant may send cards: the one in force; without one the one asked for; without
 * that the latest that ended. Reads a merchant's few grants by the primary key.
 */
export async function findDecidingGrant(db: Queryable, merchantId: string): Promise<Grant | null> {
  const { rows } = await db.query<Grant>(
    `select ${columns} from raw_card_grants where merchant_id = $1
     order by case when status in ('active', 'suspended') then 0 when status = 'requested' then 1 else 2 end, id desc limit 1`,
    [merchantId],
  )
  return rows[0] ?? null
}

/** The newest first. Primary key. */
export async function listGrants(
  db: Queryable,
  merchantId: string,
  page: { before: string | null; limit: number },
): Promise<Grant[]> {
  const { rows } = await db.query<Grant>(
    `select ${columns} from raw_card_grants where merchant_id = $1 and ($2::text is null or id < $2) order by id desc limit $3`,
    [merchantId, page.before, page.limit],
  )
  return rows
}

export type LapsingGrant = {
  merchantId: string
  merchantName: string
  id: string
  validUntil: string
  daysLeft: number
}

/** Ends every grant whose last day has passed; `daysLeft` is negative. */
export async function expireGrants(tx: Transaction, today: string): Promise<LapsingGrant[]> {
  const { rows } = await tx.query<LapsingGrant>(
    `update raw_card_grants g set status = 'expired', updated_at = now() from merchants m
     where g.status in ('requested', 'active', 'suspended') and g.valid_until < $1::date and m.merchant_id = g.merchant_id
     returning g.merchant_id as "merchantId", m.name as "merchantName", g.id, valid_until::text as "validUntil", valid_until - $1::date as "daysLeft"`,
    [today],
  )
  return rows
}

/** Marks as warned the grants in force that end within 60, 30 or 7 days, once for each of the three. */
export async function markWarnedGrants(tx: Transaction, today: string): Promise<LapsingGrant[]> {
  const { rows } = await tx.query<LapsingGrant>(
    `with due as (
       select merchant_id, id, valid_until - $1::date as days_left,
         case when valid_until - $1::date <= 7 then 7 when valid_until - $1::date <= 30 then 30 else 60 end as step
       from raw_card_grants where status in ('active', 'suspended') and valid_until - $1::date between 0 and 60
     )
     update raw_card_grants g set warned_days = due.step from due, merchants m
     where g.merchant_id = due.merchant_id and g.id = due.id and (g.warned_days is null or g.warned_days > due.step)
       and m.merchant_id = g.merchant_id
     returning g.merchant_id as "merchantId", m.name as "merchantName", g.id, g.valid_until::text as "validUntil", due.days_left as "daysLeft"`,
    [today],
  )
  return rows
}

function one(rows: Grant[]): Grant {
  const grant = rows[0]
  if (grant === undefined) throw new Error('A grant vanished while it was changed')
  return grant
}
