import type { MoneyKind, PspMovement, Reconciliation } from '../port.ts'
import { get } from './request.ts'
import { readSettlementFile } from './settlement-file.ts'
import { classifyReply, type Movement, moneyOf, wire } from './wire.ts'

/** So many of the longest references still fit the largest reply that is read. */
const pageSize = 400

const kinds: Record<Movement['kind'], MoneyKind> = {
  authorization: 'authorize',
  capture: 'capture',
  cancellation: 'cancel',
  refund: 'refund',
}

export const reconciliation: Reconciliation = {
  list(account, { from, to, cursor }) {
    const query = new URLSearchParams({
      from: from.toISOString(),
      to: to.toISOString(),
      limit: String(pageSize),
      ...(cursor === null ? {} : { cursor }),
    })
    return get(account, `/v2/movements?${query}`)
  },
  readList(reply) {
    const read = classifyReply(reply)
    if (read.kind === 'unknown') return { found: 'unknown', why: read.why }
    if (read.kind === 'rejected')
      return { found: 'unknown', why: `the PSP refused the list (${read.pspCode ?? read.code})` }
    if (!wire.movementPage.Check(read.value)) return { found: 'unknown', why: 'the reply is no list of movements' }
    const { movements, next, complete_until } = read.value
    return { found: true, movements: movements.map(readMovement), next, completeUntil: new Date(complete_until) }
  },
  readSettlementFile,
}

function readMovement(movement: Movement): PspMovement {
  return {
    kind: kinds[movement.kind],
    pspReference: movement.id,
    payment: movement.payment,
    reference: movement.reference,
    paymentReference: movement.payment_reference,
    amount: moneyOf(movement.amount),
    at: new Date(movement.at),
  }
}
