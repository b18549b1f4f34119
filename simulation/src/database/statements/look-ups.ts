import { findUnsettledOfSession, type LookUp, recordLookUp } from '@fincore/payment-service/store/look-ups'
import { lesson } from '../learn.ts'
import { update } from '../table.ts'
import type { AttemptRecord, ChargeRecord } from '../tables/payments.ts'
import { seenOf } from './attempts.ts'
import { asJson } from './columns.ts'

const lookUp: LookUp = { at: '', by: '', ms: 1, said: 'approved', why: null }

export const lookUpLessons = [
  lesson(
    'findUnsettledOfSession',
    (db) => findUnsettledOfSession(db, '', ''),
    (tx, [merchantId, sessionId]: [string, string]) => {
      const { attempts, charges } = tx.tables
      const isUnsettled = (kind: AttemptRecord['kind']) => (row: AttemptRecord) =>
        row.merchant_id === merchantId && row.kind === kind && row.next_lookup_at !== null
      const isIts = (row: ChargeRecord) => row.merchant_id === merchantId && row.payment_session_id === sessionId
      const tries = [...seenOf(tx, charges.bySession.find(sessionId), isIts)]
      return [
        ...seenOf(tx, attempts.bySession.find(sessionId), isUnsettled('create_session')),
        ...tries.flatMap(({ id }) => [...seenOf(tx, attempts.byCharge.find(id), isUnsettled('authorize'))]),
      ].map(({ merchant_id, id, next_lookup_at }) => ({ merchant_id, id, next_lookup_at }))
    },
  ),
  lesson(
    'recordLookUp',
    (db) => recordLookUp(db, { merchant_id: '', id: '', next_lookup_at: null }, lookUp, null),
    function* (tx, [merchantId, id, made, first, last, next, claimedUntil]: Values) {
      const changed = yield* update(tx, tx.tables.attempts.find(`${merchantId} ${id}`), (row) => {
        const isClaimers = row.next_lookup_at !== null && row.next_lookup_at.getTime() === claimedUntil?.getTime()
        return {
          ...row,
          lookups: row.lookups + 1,
          look_up_log: addToLog(row.look_up_log, asJson(made), first, first + last),
          look_up_asked_by: isClaimers && next !== null ? null : row.look_up_asked_by,
          next_lookup_at: isClaimers ? (next ?? row.next_lookup_at) : row.next_lookup_at,
        }
      })
      return changed === null ? 0 : 1
    },
  ),
]

/** When the log is full, the oldest of the last ones goes. */
function addToLog(log: AttemptRecord['look_up_log'], made: LookUp, first: number, most: number): LookUp[] {
  const kept = log === null ? [] : log.length >= most ? log.toSpliced(first, 1) : log
  return [...kept, made]
}

type Values = [
  merchantId: string,
  id: string,
  made: LookUp,
  first: number,
  last: number,
  next: Date | null,
  claimedUntil: Date | null,
]
