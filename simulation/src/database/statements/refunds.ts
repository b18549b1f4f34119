import {
  findRefund,
  insertRefund,
  type RefundRow,
  refundColumns,
  updateRefund,
} from '@fincore/payment-service/store/refunds'
import { lesson } from '../learn.ts'
import { insert, read, update } from '../table.ts'
import { answerOne, asJson, columnsOf, makePicker } from './columns.ts'

const columns = columnsOf<keyof RefundRow>(refundColumns)
const pick = makePicker<RefundRow, keyof RefundRow>(columns)
const anyRefund = Object.fromEntries(columns.map((name) => [name, null])) as unknown as RefundRow

export const refundLessons = [
  lesson(
    'insertRefund',
    (db) => insertRefund(db, anyRefund),
    function* (tx, values: unknown[]) {
      const row = Object.fromEntries(columns.map((name, place) => [name, values[place]])) as RefundRow
      yield* insert(tx, tx.tables.refunds, { ...row, metadata: asJson(row.metadata), failure: asJson(row.failure) })
      return 1
    },
  ),
  lesson(
    'findRefund',
    (db) => findRefund(db, '', ''),
    (tx, [merchantId, id]: [string, string]) => answerOne(read(tx, tx.tables.refunds, `${merchantId} ${id}`), pick),
  ),
  lesson(
    'updateRefund',
    (db) => updateRefund(db, anyRefund),
    function* (tx, [merchantId, id, status, failure, psp_reference, sequence, updated_at]: UpdateValues) {
      const changes = { status, failure: asJson(failure), psp_reference, sequence, updated_at }
      const changed = yield* update(tx, tx.tables.refunds.find(`${merchantId} ${id}`), (row) => ({
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
  status: RefundRow['status'],
  failure: RefundRow['failure'],
  pspReference: string | null,
  sequence: number,
  updatedAt: Date,
]
