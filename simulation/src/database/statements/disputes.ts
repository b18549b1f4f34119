import {
  type DisputeRow,
  disputeColumns,
  findDisputeByPspId,
  insertDispute,
  updateDispute,
} from '@fincore/payment-service/store/disputes'
import { lesson } from '../learn.ts'
import { visibleTo } from '../slot.ts'
import { insert, update } from '../table.ts'
import { answerOne, columnsOf, makePicker } from './columns.ts'

const columns = columnsOf<keyof DisputeRow>(disputeColumns)
const pick = makePicker<DisputeRow, keyof DisputeRow>(columns)
const anyDispute = Object.fromEntries(columns.map((name) => [name, null])) as unknown as DisputeRow

export const disputeLessons = [
  lesson(
    'findDisputeByPspId',
    (db) => findDisputeByPspId(db, '', ''),
    (tx, [accountId, disputeId]: [string, string]) => {
      const slot = tx.tables.disputes.byPspDispute.find(`${accountId} ${disputeId}`)
      return answerOne(slot === undefined ? null : visibleTo(tx, slot), pick)
    },
  ),
  lesson(
    'insertDispute',
    (db) => insertDispute(db, anyDispute),
    function* (tx, values: unknown[]) {
      const row = Object.fromEntries(columns.map((name, place) => [name, values[place]])) as DisputeRow
      yield* insert(tx, tx.tables.disputes, row)
      return 1
    },
  ),
  lesson(
    'updateDispute',
    (db) => updateDispute(db, anyDispute),
    function* (tx, [merchantId, id, status, amount, currency, ...more]: UpdateValues) {
      const [reason, evidence_due_by, sequence, updated_at] = more
      const changes = { status, amount, currency, reason, evidence_due_by, sequence, updated_at }
      const changed = yield* update(tx, tx.tables.disputes.find(`${merchantId} ${id}`), (row) => ({
        ...row,
        ...changes,
      }))
      return changed === null ? 0 : 1
    },
  ),
]

type UpdateValues = [
  merchantId: string,
  id: string,
  status: DisputeRow['status'],
  amount: bigint,
  currency: string,
  reason: string | null,
  evidenceDueBy: Date | null,
  sequence: number,
  updatedAt: Date,
]
