import type { AttemptKind } from '@fincore/payment-service/psp-gateway/port'
import {
  approveSettlement,
  claimSettlementsToApply,
  endMootSettlements,
  endSettlement,
  findOpenSettlementByReference,
  findSettlement,
  insertSettlement,
  listSettlements,
  listSettlementsOf,
  lockPspReference,
  lockSettlement,
  type Settlement,
} from '@fincore/payment-service/store/attempt-settlements'
import { lesson } from '../learn.ts'
import { lockRow, tryLock } from '../locks.ts'
import { lockStrengths, visibleTo, type Waits } from '../slot.ts'
import { insert, read, update } from '../table.ts'
import type { SettlementRecord } from '../tables/settlements.ts'
import type { Transaction } from '../transaction.ts'
import { seenOf } from './attempts.ts'
import { answerOne } from './columns.ts'

function show(row: SettlementRecord): Settlement {
  return {
    merchantId: row.merchant_id,
    id: row.id,
    attemptId: row.attempt_id,
    state: row.state,
    outcome: row.outcome,
    captured: row.captured,
    pspReference: row.psp_reference,
    proof: row.proof,
    reason: row.reason,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    approvedBy: row.approved_by,
    approvedAt: row.approved_at,
    note: row.note,
    endedAt: row.ended_at,
  }
}

function newSettlement(tx: Pick<Transaction, 'now'>, values: InsertValues): SettlementRecord {
  const [merchant_id, id, attempt_id, outcome, captured, psp_reference, proof, reason, requested_by] = values
  const given = { merchant_id, id, attempt_id, outcome, captured, psp_reference, proof, reason, requested_by }
  const open = { state: 'requested', approved_by: null, approved_at: null, next_try_at: null } as const
  return { ...given, ...open, requested_at: tx.now, note: null, ended_at: null }
}

const now = new Date(0)
/** As many as the statement ends at a time. */
const mostMoot = 100
const any = show(newSettlement({ now }, ['', '', '', 'approved', null, null, null, '', '']))
/** The newest first, which ids tell. */
const newestFirst = (a: SettlementRecord, b: SettlementRecord) => (a.id < b.id ? 1 : -1)

function* change(
  tx: Transaction,
  [merchantId, id]: readonly [string, string, ...unknown[]],
  changes: Partial<SettlementRecord>,
): Waits<readonly object[]> {
  const slot = tx.tables.attempt_settlements.find(`${merchantId} ${id}`)
  return answerOne(yield* update(tx, slot, (row) => ({ ...row, ...changes })), show)
}

export const settlementLessons = [
  lesson(
    'insertSettlement',
    (db) => insertSettlement(db, any),
    function* (tx, values: InsertValues) {
      const row = newSettlement(tx, values)
      yield* insert(tx, tx.tables.attempt_settlements, row)
      return [show(row)]
    },
  ),
  lesson(
    'findSettlement',
    (db) => findSettlement(db, ''),
    (tx, [id]: [string]) =>
      [...seenOf(tx, tx.tables.attempt_settlements.byItsId.find(id), (row) => row.id === id)].map(show),
  ),
  lesson(
    'lockSettlement',
    (db) => lockSettlement(db, ''),
    function* (tx, [id]: [string]) {
      const [slot] = tx.tables.attempt_settlements.byItsId.find(id)
      if (slot === undefined || visibleTo(tx, slot) === null) return []
      return answerOne(yield* lockRow(tx, slot, lockStrengths.update), show)
    },
  ),
  lesson(
    'lockPspReference',
    (db) => lockPspReference(db, '', ''),
    function* (tx, [accountId, reference]: [string, string]) {
      yield* lockRow(tx, tx.tables.attempt_settlements.referenceOf(accountId, reference), lockStrengths.update)
      return [{ pg_advisory_xact_lock: '' }]
    },
  ),
  lesson(
    'findOpenSettlementByReference',
    (db) => findOpenSettlementByReference(db, { merchant_id: '', id: '', psp_account_id: '', kind: 'capture' }, ''),
    (tx, [merchantId, reference, attemptId, accountId, kind]: [string, string, string, string, AttemptKind]) => {
      const { attempt_settlements, attempts } = tx.tables
      const isOther = (row: SettlementRecord) => {
        if (row.merchant_id !== merchantId || row.psp_reference !== reference || row.attempt_id === attemptId)
          return false
        if (row.state !== 'requested' && row.state !== 'approved') return false
        const attempt = read(tx, attempts, `${row.merchant_id} ${row.attempt_id}`)
        return attempt?.psp_account_id === accountId && (attempt.kind === 'authorize') === (kind === 'authorize')
      }
      // They are few.
      const found = [...seenOf(tx, attempt_settlements.slots(), isOther)]
      return found
        .sort((a, b) => -newestFirst(a, b))
        .slice(0, 1)
        .map(show)
    },
  ),
  lesson(
    'approveSettlement',
    (db) => approveSettlement(db, any, '', now),
    (tx, values: [string, string, by: string, at: Date]) =>
      change(tx, values, { state: 'approved', approved_by: values[2], approved_at: tx.now, next_try_at: values[3] }),
  ),
  lesson(
    'endSettlement',
    (db) => endSettlement(db, any, 'applied', null),
    (tx, values: [string, string, SettlementRecord['state'], string | null]) =>
      change(tx, values, { state: values[2], note: values[3], ended_at: tx.now, next_try_at: null }),
  ),
  lesson(
    'endMootSettlements',
    (db) => endMootSettlements(db, ''),
    function* (tx, [note]: [string]) {
      const { attempt_settlements, attempts } = tx.tables
      const isMoot = (row: SettlementRecord | null) => {
        const attempt = row === null ? null : read(tx, attempts, `${row.merchant_id} ${row.attempt_id}`)
        return row?.state === 'requested' && attempt !== null && attempt.next_lookup_at === null
      }
      const moot = [...attempt_settlements.requested.find('requested')].filter((slot) => isMoot(visibleTo(tx, slot)))
      const free: typeof moot = []
      for (const slot of moot) {
        if (free.length === mostMoot) break
        if (tryLock(tx, slot, lockStrengths.update)) free.push(slot)
      }
      const superseded = { state: 'superseded', note, ended_at: tx.now } as const
      const ended: object[] = []
      for (const slot of free) {
        const row = yield* update(tx, slot, (old) => ({ ...old, ...superseded }))
        if (row !== null) ended.push(show(row))
      }
      return ended
    },
  ),
  lesson(
    'claimSettlementsToApply',
    (db) => claimSettlementsToApply(db, now, 1, 1),
    function* (tx, [at, limit, leaseMs]: [Date, number, number]) {
      const isDue = (row: SettlementRecord | null) =>
        row?.state === 'approved' && row.next_try_at !== null && row.next_try_at <= at
      const due = tx.tables.attempt_settlements.toApply.collect(
        at.getTime(),
        limit,
        (slot) => isDue(visibleTo(tx, slot)) && tryLock(tx, slot, lockStrengths.update),
      )
      const next_try_at = new Date(at.getTime() + leaseMs)
      const claimed: object[] = []
      for (const slot of due) {
        const row = yield* update(tx, slot, (old) => ({ ...old, next_try_at }))
        if (row !== null) claimed.push(show(row))
      }
      return claimed
    },
  ),
  lesson(
    'listSettlementsOf',
    (db) => listSettlementsOf(db, '', ''),
    (tx, [merchantId, attemptId]: [string, string]) => {
      const isIts = (row: SettlementRecord) => row.merchant_id === merchantId && row.attempt_id === attemptId
      const all = [...seenOf(tx, tx.tables.attempt_settlements.byAttempt.find(attemptId), isIts)]
      return all.sort(newestFirst).slice(0, 20).map(show)
    },
  ),
  lesson(
    'listSettlements',
    (db) => listSettlements(db, null, { before: null, limit: 1 }),
    (tx, [state, before, limit]: [string | null, string | null, number]) => {
      const isWanted = (row: SettlementRecord) =>
        (state === null || row.state === state) && (before === null || row.id < before)
      // As in PostgreSQL, where they are few and have no index.
      return [...seenOf(tx, tx.tables.attempt_settlements.slots(), isWanted)]
        .sort(newestFirst)
        .slice(0, limit)
        .map(show)
    },
  ),
]

type InsertValues = [
  merchantId: string,
  id: string,
  attemptId: string,
  outcome: SettlementRecord['outcome'],
  captured: bigint | null,
  pspReference: string | null,
  proof: string | null,
  reason: string,
  requestedBy: string,
]
