import type { SettlementOutcome, SettlementState } from '@fincore/payment-service/payments/settlement-states'
import { makeDueQueue } from '../due-queue.ts'
import { makeMultiIndex, makeUniqueIndex } from '../index.ts'
import { makeSlot, type Slot } from '../slot.ts'
import { makeTable, type TableRules } from '../table.ts'
import { byId, check, inOrder, oneOf, toLockable, toMerchant } from './rules.ts'

export type SettlementRecord = {
  merchant_id: string
  id: string
  attempt_id: string
  state: SettlementState
  outcome: SettlementOutcome
  captured: bigint | null
  psp_reference: string | null
  proof: string | null
  reason: string
  requested_by: string
  requested_at: Date
  approved_by: string | null
  approved_at: Date | null
  next_try_at: Date | null
  note: string | null
  ended_at: Date | null
}

const hasLength = (text: string | null, most: number) => text === null || (text !== '' && [...text].length <= most)

const settlementRules: TableRules<SettlementRecord> = {
  name: 'attempt_settlements',
  primaryKey: byId,
  nullable: ['captured', 'psp_reference', 'proof', 'approved_by', 'approved_at', 'next_try_at', 'note', 'ended_at'],
  checks: inOrder([
    oneOf('attempt_settlements', 'state', ['requested', 'approved', 'applied', 'superseded', 'refused', 'withdrawn']),
    oneOf('attempt_settlements', 'outcome', ['approved', 'declined', 'not_executed']),
    check('attempt_settlements_captured_check', (row) => row.captured === null || row.captured >= 0n),
    check('attempt_settlements_psp_reference_check', (row) => hasLength(row.psp_reference, 100)),
    check('attempt_settlements_proof_check', (row) => hasLength(row.proof, 500)),
    check('attempt_settlements_reason_check', (row) => hasLength(row.reason, 500)),
    check('attempt_settlements_check', (row) => row.approved_by !== row.requested_by),
    check(
      'attempt_settlements_by_two',
      ({ state, approved_by }) => (state !== 'approved' && state !== 'applied') || approved_by !== null,
    ),
    check('attempt_settlements_are_taken', (row) => (row.state === 'approved') === (row.next_try_at !== null)),
    check('attempt_settlements_say_by_what', (row) =>
      row.outcome === 'approved' ? row.psp_reference !== null : row.proof !== null,
    ),
  ]),
  references: [
    toMerchant('attempt_settlements'),
    toLockable('attempt_settlements', 'attempt_id', (tables, row) =>
      tables.attempts.find(`${row.merchant_id} ${row.attempt_id}`),
    ),
  ],
}

export function makeSettlements() {
  const open = makeUniqueIndex<SettlementRecord>('attempt_settlements_open', (row) =>
    row.state === 'requested' || row.state === 'approved' ? `${row.merchant_id} ${row.attempt_id}` : null,
  )
  const byItsId = makeMultiIndex<SettlementRecord>((row) => row.id)
  const byAttempt = makeMultiIndex<SettlementRecord>((row) => row.attempt_id)
  const requested = makeMultiIndex<SettlementRecord>((row) => (row.state === 'requested' ? 'requested' : null))
  const toApply = makeDueQueue<SettlementRecord>((row) =>
    row.state === 'approved' ? (row.next_try_at?.getTime() ?? null) : null,
  )
  const table = makeTable(settlementRules, { unique: [open], others: [byItsId, byAttempt, requested, toApply] })
  /** Places without a row, for the advisory lock by which one settlement at a time stands on a reference of the PSP. */
  const references = new Map<string, Slot<SettlementRecord>>()
  const referenceOf = (accountId: string, reference: string) => {
    const key = `${accountId} ${reference}`
    const known = references.get(key) ?? makeSlot(table)
    references.set(key, known)
    return known
  }
  return { ...table, byItsId, byAttempt, requested, toApply, referenceOf }
}
