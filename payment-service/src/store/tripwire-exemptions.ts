import type { Queryable, Transaction } from './pool.ts'

/** A key of a merchant's metadata whose texts the tripwire does not look at. */
export type TripwireExemption = {
  merchantId: string
  metadataKey: string
  reason: string
  setBy: string
  setAt: Date
}

/** So many that a merchant's systems have a key each, so few that a list stays a decision. */
export const mostExemptions = 16

const columns =
  'merchant_id as "merchantId", metadata_key as "metadataKey", reason, set_by as "setBy", set_at as "setAt"'

/** Sets one, or gives it another reason; null when the merchant has as many as there may be. Primary key. */
export async function setTripwireExemption(
  tx: Transaction,
  exemption: Omit<TripwireExemption, 'setAt'>,
): Promise<{ exemption: TripwireExemption; isNew: boolean } | null> {
  // Two operators at once must not pass the bound together. It is a rare action, and readers do not wait for it.
  await tx.query('lock table tripwire_exemptions in share row exclusive mode')
  const { merchantId, metadataKey, reason, setBy } = exemption
  const { rows: present } = await tx.query<{ isThis: boolean }>(
    'select metadata_key = $2 as "isThis" from tripwire_exemptions where merchant_id = $1',
    [merchantId, metadataKey],
  )
  const isNew = !present.some(({ isThis }) => isThis)
  if (isNew && present.length >= mostExemptions) return null
  const { rows } = await tx.query<TripwireExemption>(
    `insert into tripwire_exemptions (merchant_id, metadata_key, reason, set_by) values ($1, $2, $3, $4)
     on conflict (merchant_id, metadata_key) do update set reason = excluded.reason, set_by = excluded.set_by, set_at = now()
     returning ${columns}`,
    [merchantId, metadataKey, reason, setBy],
  )
  if (rows[0] === undefined) throw new Error('The exemption was not returned')
  return { exemption: rows[0], isNew }
}

/** Ends one; null when there is none. Primary key. */
export async function deleteTripwireExemption(
  db: Queryable,
  merchantId: string,
  metadataKey: string,
): Promise<TripwireExemption | null> {
  const { rows } = await db.query<TripwireExemption>(
    `delete from tripwire_exemptions where merchant_id = $1 and metadata_key = $2 returning ${columns}`,
    [merchantId, metadataKey],
  )
  return rows[0] ?? null
}

/** All of a merchant, by key. Primary key. */
export async function listTripwireExemptions(db: Queryable, merchantId: string): Promise<TripwireExemption[]> {
  const { rows } = await db.query<TripwireExemption>(
    `select ${columns} from tripwire_exemptions where merchant_id = $1 order by metadata_key`,
    [merchantId],
  )
  return rows
}
