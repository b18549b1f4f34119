import { recordAudit } from '../store/audit.ts'
import type { Transaction } from '../store/pool.ts'

/** Who of a merchant's servers changes something: the API key's id, and the address that it came from. */
export type MerchantActor = { keyId: string; origin: string }

type EndpointChange =
  | { type: 'webhook_endpoint.create'; details: { host: string } }
  | { type: 'webhook_endpoint.update'; details: { changed: string; host: string } }
  | { type: 'webhook_endpoint.delete'; details?: never }
  | { type: 'webhook_endpoint.rotate_secret'; details: { overlap_seconds: number } }

/** Where a merchant's events go, and how they are signed, changes in one transaction with its audit record, or not. */
export function auditEndpointChange(
  tx: Transaction,
  by: MerchantActor,
  merchantId: string,
  endpointId: string,
  change: EndpointChange,
): Promise<void> {
  return recordAudit(tx, {
    actorType: 'merchant',
    actor: by.keyId,
    outcome: 'success',
    origin: by.origin,
    merchantId,
    resource: endpointId,
    ...change,
  })
}

/** The host alone: a path or a query may hold a secret of the merchant's. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : ''
}
