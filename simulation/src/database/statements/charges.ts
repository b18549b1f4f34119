import type { CardShown, PspName } from '@fincore/payment-service/psp-gateway/port'
import {
  type ChargeRow,
  chargeColumns,
  findCharge,
  findChargeByPspReference,
  findChargeByReturn,
  insertCharge,
  lockCharge,
  moveCharge,
  updateCharge,
} from '@fincore/payment-service/store/charges'
import { lesson } from '../learn.ts'
import { visibleTo } from '../slot.ts'
import { insert, read, readLocked, update } from '../table.ts'
import type { ChargeRecord } from '../tables/payments.ts'
import { answerOne, asJson, columnsOf, makePicker } from './columns.ts'

const columns = columnsOf<keyof ChargeRow>(chargeColumns)
const pick = makePicker<ChargeRecord, keyof ChargeRow>(columns)
/** A charge with all its columns, to bring the store's functions to their statements. */
export const anyCharge = Object.fromEntries(columns.map((name) => [name, null])) as unknown as ChargeRow

export const chargeLessons = [
  lesson(
    'findCharge',
    (db) => findCharge(db, '', ''),
    (tx, [merchantId, id]: [string, string]) => answerOne(read(tx, tx.tables.charges, `${merchantId} ${id}`), pick),
  ),
  lesson(
    'lockCharge',
    (db) => lockCharge(db, '', ''),
    function* (tx, [merchantId, id]: [string, string]) {
      return answerOne(yield* readLocked(tx, tx.tables.charges, `${merchantId} ${id}`), pick)
    },
  ),
  lesson(
    'findChargeByReturn',
    (db) => findChargeByReturn(db, Buffer.alloc(0)),
    (tx, [digest]: [Buffer]) => {
      const slot = tx.tables.charges.byReturn.find(digest.toString('latin1'))
      const row = slot === undefined ? null : visibleTo(tx, slot)
      return answerOne(row?.return_digest?.equals(digest) ? row : null, pick)
    },
  ),
  lesson(
    'findChargeByPspReference',
    (db) => findChargeByPspReference(db, '', ''),
    (tx, [accountId, reference]: [string, string]) => {
      const slot = tx.tables.charges.byPspReference.find(`${accountId} ${reference}`)
      const row = slot === undefined ? null : visibleTo(tx, slot)
      return answerOne(row?.psp_reference === reference && row.psp_account_id === accountId ? row : null, pick)
    },
  ),
  lesson(
    'insertCharge',
    (db) => insertCharge(db, anyCharge),
    function* (tx, values: unknown[]) {
      const given = Object.fromEntries(columns.map((name, place) => [name, values[place]])) as ChargeRow
      const { card, metadata, failure, routing } = asJson({
        card: given.card,
        metadata: given.metadata,
        failure: given.failure,
        routing: given.routing,
      })
      yield* insert(tx, tx.tables.charges, { ...given, card, metadata, failure, routing, return_digest: null })
      return 1
    },
  ),
  lesson(
    'moveCharge',
    (db) => moveCharge(db, anyCharge),
    function* (tx, [merchantId, id, psp_account_id, psp, routing, updated_at]: MoveValues) {
      const changed = yield* update(tx, tx.tables.charges.find(`${merchantId} ${id}`), (row) => ({
        ...row,
        psp_account_id,
        psp,
        routing: asJson(routing),
        updated_at,
      }))
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'updateCharge',
    (db) => updateCharge(db, anyCharge),
    function* (tx, values: UpdateValues) {
      const [merchantId, id, ...changes] = values
      const [status, captured, refunded, refunds_pending, pending_operation, pending_amount, ...more] = changes
      const [psp_account_id, psp, psp_reference, card, action_url, failure, cancellation_reason, ...last] = more
      const [flags, sequence, updated_at, network_transaction_id] = last
      const changed = yield* update(tx, tx.tables.charges.find(`${merchantId} ${id}`), (row) => ({
        ...row,
        status,
        captured,
        refunded,
        refunds_pending,
        pending_operation,
        pending_amount,
        psp_account_id,
        psp,
        psp_reference,
        network_transaction_id,
        card: asJson(card),
        action_url,
        failure: asJson(failure),
        cancellation_reason,
        flags: [...flags],
        sequence,
        updated_at,
      }))
      return changed === null ? 0 : 1
    },
  ),
]

type MoveValues = [
  merchantId: string,
  id: string,
  pspAccountId: string,
  psp: PspName,
  routing: ChargeRow['routing'],
  updatedAt: Date,
]
type UpdateValues = [
  merchantId: string,
  id: string,
  status: ChargeRow['status'],
  captured: bigint,
  refunded: bigint,
  refundsPending: bigint,
  pendingOperation: ChargeRow['pending_operation'],
  pendingAmount: bigint | null,
  pspAccountId: string,
  psp: PspName,
  pspReference: string | null,
  card: CardShown | null,
  actionUrl: string | null,
  failure: ChargeRow['failure'],
  cancellationReason: ChargeRow['cancellation_reason'],
  flags: string[],
  sequence: number,
  updatedAt: Date,
  networkTransactionId: string | null,
]
