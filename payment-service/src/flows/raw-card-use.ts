import type { Deps } from '../deps.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import { type AuditRecord, recordAudit } from '../store/audit.ts'
import type { Answer } from './replay.ts'

/** Who was admitted to the raw-card route, with this one request. */
export type RawCardUse = {
  keyId: string
  grantId: string
  certificateFingerprint: string | null
  sourceAddress: string
  requestId: string
}

/**
 * Every admitted use of the route is an access to cardholder data (PCI DSS 10.2.1.1), and leaves one record. That of a
 * new charge is written by the statement of its intent, so no card is ever sent without its record.
 */
export function recordOfCharge(use: RawCardUse, merchantId: string, chargeId: string): AuditRecord<'raw_card.charge'> {
  const { keyId, sourceAddress } = use
  return {
    actorType: 'merchant',
    actor: keyId,
    type: 'raw_card.charge',
    outcome: 'success',
    origin: sourceAddress,
    merchantId,
    resource: chargeId,
    details: { grant: use.grantId, certificate: use.certificateFingerprint, request: use.requestId },
  }
}

/** The record of a use that made no charge: it was refused, or it repeats a request that was answered before. */
export async function recordUseWithoutCharge(
  deps: Pick<Deps, 'pool'>,
  use: RawCardUse,
  merchantId: string,
  answer: Answer | Refusal,
): Promise<void> {
  const record = recordOfCharge(use, merchantId, 'POST /v1/charges')
  if (isRefusal(answer)) {
    const details = { ...record.details, code: answer.refused, param: answer.param ?? null }
    return recordAudit(deps.pool, { ...record, outcome: 'refused', details })
  }
  const resource = 'id' in answer.body && typeof answer.body.id === 'string' ? answer.body.id : 'POST /v1/charges'
  return recordAudit(deps.pool, { ...record, resource, details: { ...record.details, repeat: true } })
}
