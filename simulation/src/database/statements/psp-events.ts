import {
  type HeldPspEvent,
  listHeldPspEvents,
  lockPspEvent,
  replayPspEvent,
} from '@fincore/payment-service/store/held-psp-events'
import type { StoredPspEvent } from '@fincore/payment-service/store/psp-event-json'
import {
  claimDuePspEvents,
  handBackPspEvent,
  holdPspEvent,
  insertPspEvents,
  settlePspEvent,
} from '@fincore/payment-service/store/psp-events'
import { lesson } from '../learn.ts'
import { tryLock } from '../locks.ts'
import { lockStrengths, visibleTo, type Waits } from '../slot.ts'
import { insert, readLocked, update } from '../table.ts'
import type { PspEventRecord } from '../tables/events.ts'
import type { Transaction } from '../transaction.ts'
import { seenOf } from './attempts.ts'
import { answerOne } from './columns.ts'

const name = { merchantId: '', pspAccountId: '', eventId: '', tries: 0 }
const slotOf = (tx: Transaction, key: readonly string[]) => tx.tables.psp_events.find(key.join(' '))
const isWaiting = (row: PspEventRecord) => row.state === 'received' || row.state === 'held'

function show(row: PspEventRecord): HeldPspEvent {
  return {
    merchantId: row.merchant_id,
    pspAccountId: row.psp_account_id,
    eventId: row.event_id,
    type: row.type,
    reference: row.reference,
    state: row.state,
    note: row.note,
    tries: row.tries,
    nextTryAt: row.next_try_at,
    receivedAt: row.received_at,
  }
}

export const pspEventLessons = [
  lesson(
    'insertPspEvents',
    (db) =>
      insertPspEvents(db, [
        { merchantId: '', pspAccountId: '', event: { id: '', type: '', about: { kind: 'nothing' } }, json: '' },
      ]),
    function* (tx, [merchantIds, accountIds, texts]: [string[], string[], string[]]) {
      const events = texts.map((text, place) => {
        const event: StoredPspEvent = JSON.parse(text)
        return newPspEvent(tx, merchantIds[place] ?? '', accountIds[place] ?? '', event)
      })
      return yield* insertEach(tx, events.sort(compareKeys))
    },
  ),
  lesson(
    'claimDuePspEvents',
    (db) => claimDuePspEvents(db, 1, 1),
    function* (tx, [limit, leaseMs]: [number, number]) {
      const isDue = (row: PspEventRecord | null) =>
        row !== null && isWaiting(row) && row.next_try_at !== null && row.next_try_at <= tx.now
      const due = tx.tables.psp_events.toApply.collect(
        tx.now.getTime(),
        limit,
        (slot) => isDue(visibleTo(tx, slot)) && tryLock(tx, slot, lockStrengths.update),
      )
      const next_try_at = new Date(tx.now.getTime() + leaseMs)
      const claimed: object[] = []
      for (const slot of due) {
        const row = yield* update(tx, slot, (old) => ({ ...old, next_try_at, tries: old.tries + 1 }))
        if (row === null) continue
        const { merchant_id: merchantId, psp_account_id: pspAccountId, event_id: eventId, tries, event } = row
        claimed.push({ merchantId, pspAccountId, eventId, tries, event })
      }
      return claimed
    },
  ),
  lesson(
    'settlePspEvent',
    (db) => settlePspEvent(db, name, 'applied'),
    function* (tx, [merchantId, accountId, eventId, state, tries]: SettleValues) {
      const ended = { state, next_try_at: null, note: null, applied_at: state === 'applied' ? tx.now : null }
      const changed = yield* update(
        tx,
        slotOf(tx, [merchantId, accountId, eventId]),
        (row) => ({ ...row, ...ended }),
        (row) => row.tries === tries && isWaiting(row),
      )
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'holdPspEvent',
    (db) => holdPspEvent(db, name, 1, null),
    function* (tx, [merchantId, accountId, eventId, delaySeconds, note, tries]: HoldValues) {
      const held = { state: 'held', next_try_at: new Date(tx.now.getTime() + delaySeconds * 1000), note } as const
      const changed = yield* update(
        tx,
        slotOf(tx, [merchantId, accountId, eventId]),
        (row) => ({ ...row, ...held }),
        (row) => row.tries === tries && isWaiting(row),
      )
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'handBackPspEvent',
    (db) => handBackPspEvent(db, name),
    function* (tx, [merchantId, accountId, eventId, tries]: [string, string, string, number]) {
      const changed = yield* update(
        tx,
        slotOf(tx, [merchantId, accountId, eventId]),
        (row) => ({ ...row, next_try_at: tx.now }),
        (row) => row.tries === tries && isWaiting(row),
      )
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'listHeldPspEvents',
    (db) => listHeldPspEvents(db, { state: null, merchantId: null }, { before: null, limit: 1 }),
    (tx, [state, merchantId, beforeAccount, beforeEvent, limit]: ListValues) => {
      const { psp_events: table } = tx.tables
      const isWanted = (row: PspEventRecord) =>
        (row.state === 'held' || row.state === 'flagged') &&
        (state === null || row.state === state) &&
        (merchantId === null || row.merchant_id === merchantId)
      const all = [...seenOf(tx, table.held.find('held'), isWanted)].sort(compareAges).reverse()
      if (beforeAccount === null) return all.slice(0, limit).map(show)
      const isBefore = (row: PspEventRecord) => row.psp_account_id === beforeAccount && row.event_id === beforeEvent
      const [before] = seenOf(tx, table.slots(), isBefore)
      return before === undefined
        ? []
        : all
            .filter((row) => compareAges(row, before) < 0)
            .slice(0, limit)
            .map(show)
    },
  ),
  lesson(
    'lockPspEvent',
    (db) => lockPspEvent(db, { pspAccountId: '', eventId: '' }),
    function* (tx, [accountId, eventId]: [string, string]) {
      const account = tx.tables.psp_accounts.byItsId.find(accountId)
      const merchantId = account === undefined ? undefined : visibleTo(tx, account)?.merchant_id
      if (merchantId === undefined) return []
      return answerOne(yield* readLocked(tx, tx.tables.psp_events, `${merchantId} ${accountId} ${eventId}`), show)
    },
  ),
  lesson(
    'replayPspEvent',
    (db) =>
      replayPspEvent(
        db,
        show(newPspEvent({ now: new Date(0) }, '', '', { id: '', type: '', about: { kind: 'nothing' } })),
      ),
    function* (tx, key: [string, string, string]) {
      const again = { state: 'received', tries: 0, next_try_at: tx.now } as const
      return answerOne(yield* update(tx, slotOf(tx, key), (row) => ({ ...row, ...again })), show)
    },
  ),
]

function* insertEach(tx: Transaction, events: readonly PspEventRecord[]): Waits<number> {
  let count = 0
  for (const event of events) if (yield* insert(tx, tx.tables.psp_events, event, 'do nothing')) count++
  return count
}

function newPspEvent(
  { now }: Pick<Transaction, 'now'>,
  merchantId: string,
  pspAccountId: string,
  event: StoredPspEvent,
): PspEventRecord {
  return {
    merchant_id: merchantId,
    psp_account_id: pspAccountId,
    event_id: event.id,
    type: event.type,
    reference: 'reference' in event.about ? event.about.reference : null,
    event,
    state: 'received',
    tries: 0,
    next_try_at: now,
    note: null,
    received_at: now,
    applied_at: null,
  }
}

function compareKeys(a: PspEventRecord, b: PspEventRecord): number {
  const [one, other] = [a, b].map((row) => [row.merchant_id, row.psp_account_id, row.event_id])
  return compareLists(one ?? [], other ?? [])
}
function compareAges(a: PspEventRecord, b: PspEventRecord): number {
  return (
    a.received_at.getTime() - b.received_at.getTime() ||
    compareLists([a.psp_account_id, a.event_id], [b.psp_account_id, b.event_id])
  )
}
function compareLists(one: readonly string[], other: readonly string[]): number {
  for (const [place, text] of one.entries()) {
    const against = other[place] ?? ''
    if (text !== against) return text < against ? -1 : 1
  }
  return 0
}

type SettleValues = [string, string, string, state: 'applied' | 'flagged' | 'ignored', tries: number]
type HoldValues = [string, string, string, delaySeconds: number, note: string | null, tries: number]
type ListValues = [
  state: string | null,
  merchantId: string | null,
  beforeAccount: string | null,
  beforeEvent: string | null,
  limit: number,
]
