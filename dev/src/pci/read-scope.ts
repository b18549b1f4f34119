import { withClient } from '../database.ts'

/** What a merchant does with cards, and on what evidence it may. */
export type MerchantScope = {
  merchant: string
  name: string
  /** Charges of the last 90 days, by flow. */
  charges: Record<'hosted' | 'token' | 'raw_card', number>
  /** Keys that carry the scope for raw cards and are not revoked. */
  rawCardKeys: number
  grants: Grant[]
}
type Grant = {
  id: string
  status: string
  evidence: string
  reference: string
  sha256: string
  evidenceDate: string
  validUntil: string
  askedBy: string
  approvedBy: string | null
  addressRanges: string[]
  certificates: string[]
}

/**
 * Every merchant's scope, read in one moment: the flows that it used, and its grants that are in force or wait.
 * @param databaseUrl any login that may select; the application's will do.
 */
export async function readScope(databaseUrl: string): Promise<MerchantScope[]> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<MerchantScope>(`
      select m.merchant_id as merchant, m.name,
        (select json_build_object(
           'hosted', count(*) filter (where flow = 'hosted'),
           'token', count(*) filter (where flow = 'token'),
           'raw_card', count(*) filter (where flow = 'raw_card'))
         from charges c where c.merchant_id = m.merchant_id and c.created_at > now() - interval '90 days') as charges,
        (select count(*)::int from api_keys k
         where k.merchant_id = m.merchant_id and k.revoked_at is null and (k.ends_at is null or k.ends_at > now()) and 'charges:raw_card' = any (k.scopes)) as "rawCardKeys",
        coalesce((select json_agg(json_build_object(
           'id', g.id, 'status', g.status, 'evidence', g.evidence_kind, 'reference', g.evidence_reference,
           'sha256', encode(g.evidence_sha256, 'hex'), 'evidenceDate', g.evidence_date, 'validUntil', g.valid_until,
           'askedBy', g.requested_by, 'approvedBy', g.approved_by, 'addressRanges', g.address_ranges::text[],
           'certificates', (select array_agg(encode(f, 'hex')) from unnest(g.certificate_fingerprints) as f)) order by g.id)
         from raw_card_grants g
         where g.merchant_id = m.merchant_id and g.status in ('requested', 'active', 'suspended')), '[]') as grants
      from merchants m order by m.merchant_id`)
    return rows
  })
}
