import { findCreateAttempt, restartAttempt } from '@fincore/payment-service/store/session-attempts'
import { lesson } from '../learn.ts'
import { update } from '../table.ts'
import type { AttemptRecord } from '../tables/payments.ts'
import { seenOf } from './attempts.ts'
import { answerOne, makePicker, maxOf } from './columns.ts'

const pick = makePicker<AttemptRecord, 'merchant_id' | 'id' | 'state' | 'sent_at'>([
  'merchant_id',
  'id',
  'state',
  'sent_at',
])

export const sessionAttemptLessons = [
  lesson(
    // And findClosingAttempt, with another kind.
    'findCreateAttempt',
    (db) => findCreateAttempt(db, '', ''),
    (tx, [merchantId, sessionId, kind]: [string, string, string]) => {
      const isIts = (row: AttemptRecord) => row.merchant_id === merchantId && row.kind === kind
      const found = seenOf(tx, tx.tables.attempts.bySession.find(sessionId), isIts)
      return answerOne(
        maxOf(found, (row) => row.id),
        pick,
      )
    },
  ),
  lesson(
    'restartAttempt',
    (db) => restartAttempt(db, { merchant_id: '', id: '' }, new Date(0), new Date(0)),
    function* (tx, [merchantId, id, sent_at, next_lookup_at]: [string, string, Date, Date]) {
      const changes = { state: 'sent', sent_at, next_lookup_at, settled_at: null } as const
      const changed = yield* update(tx, tx.tables.attempts.find(`${merchantId} ${id}`), (row) => ({
        ...row,
        ...changes,
        in_doubt_since: row.settled_at === null ? (row.in_doubt_since ?? row.sent_at) : null,
      }))
      return changed === null ? 0 : 1
    },
  ),
]
