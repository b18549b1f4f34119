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

/** Reads them from the request; refuses a `network_transaction_id` that is missing, or that says nothing. */
export function readCardTerms(request: CreateCardCharge): CardTerms | Refusal {
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
  const threeDSecure =
    result === undefined
      ? null
      : { eci: result.eci, cavv: result.cavv, dsTransactionId: result.ds_transaction_id, version: result.version }
  return { initiator, networkTransactionId, threeDSecure }
}
