import type { CardFacts } from '@fincore/api-contract/card-door'
import type { CreateCardCharge } from '@fincore/api-contract/requests'
import type { ExternalThreeDSecure } from '../psp-gateway/port.ts'
import { type Refusal, refuse } from '../refusal.ts'

/**
 * What a raw-card charge asks of the PSP beyond taking the card. The authentication value (CAVV) in it is for the PSP
 * alone: it lives in the memory of the process that sends the charge, and is in no row and no log.
 */
export type CardTerms = {
  initiator: 'customer' | 'merchant'
  networkTransactionId: string | null
  threeDSecure: ExternalThreeDSecure | null
}

/**
 * Reads them from the request; refuses a `network_transaction_id` that is missing, or that says nothing, and a shopper's
 * card without its security code. A card on file has none, because no one may keep it (PCI DSS 3.3.1).
 */
export function readCardTerms(
  request: CreateCardCharge,
  { cvcLength }: Pick<CardFacts, 'cvcLength'>,
): CardTerms | Refusal {
  const {
    initiator = 'customer',
    network_transaction_id: networkTransactionId = null,
    three_d_secure: result,
  } = request
  const param = 'network_transaction_id'
  if (initiator === 'merchant' && networkTransactionId === null)
    return refuse('parameter_missing', { param, detail: `${param} is required with initiator "merchant".` })
  if (initiator === 'customer' && networkTransactionId !== null)
    return refuse('parameter_invalid', { param, detail: `${param} belongs to initiator "merchant" alone.` })
  if (initiator === 'customer' && cvcLength === 0)
    return refuse('card_cvc_missing', { param: 'payment_method.card.cvc' })
  const threeDSecure =
    result === undefined
      ? null
      : { eci: result.eci, cavv: result.cavv, dsTransactionId: result.ds_transaction_id, version: result.version }
  return { initiator, networkTransactionId, threeDSecure }
}
