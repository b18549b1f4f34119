import {
  cancelUnmadeSession,
  claimSessionsToExpire,
  consumeLink,
  findSession,
  findSessionByLink,
  insertSession,
  lockSession,
  moveSession,
  recordSessionAtPsp,
  type SessionRow,
  sessionColumns,
  setNextExpiryTry,
  updateSession,
} from '@fincore/payment-service/store/sessions'
import { lesson } from '../learn.ts'
import { tryLock } from '../locks.ts'
import { lockStrengths, visibleTo, type Waits } from '../slot.ts'
import { insert, read, readLocked, update } from '../table.ts'
import type { SessionRecord } from '../tables/payments.ts'
import type { Transaction } from '../transaction.ts'
import { answerOne, asJson, columnsOf, makePicker } from './columns.ts'

const columns = columnsOf<keyof SessionRow>(sessionColumns)
const pick = makePicker<SessionRecord, keyof SessionRow>(columns)
const anySession = Object.fromEntries(columns.map((name) => [name, null])) as unknown as SessionRow
const none = Buffer.alloc(0)
const never = new Date(0)

/** Changes the session with this id, if there is one and it matches. */
function* change(
  tx: Transaction,
  [merchantId, id]: readonly [string, string, ...unknown[]],
  changes: Partial<SessionRecord>,
  matches?: (row: SessionRecord) => boolean,
): Waits<number> {
  const slot = tx.tables.payment_sessions.find(`${merchantId} ${id}`)
  return (yield* update(tx, slot, (row) => ({ ...row, ...changes }), matches)) === null ? 0 : 1
}

function findByLink(tx: Transaction, digest: Buffer) {
  return tx.tables.payment_sessions.byLink.find(digest.toString('latin1'))
}

export const sessionLessons = [
  lesson(
    'insertSession',
    (db) => insertSession(db, anySession, none),
    function* (tx, [merchant_id, id, status, amount, currency, capture_method, psp_account_id, ...more]: InsertValues) {
      const [success_url, cancel_url, merchant_reference, description, metadata, locale, customer_email, ...last] = more
      const [line_items, late_payments, link_digest, expires_at, created_at, updated_at, routing] = last
      yield* insert(tx, tx.tables.payment_sessions, {
        merchant_id,
        id,
        status,
        amount,
        currency,
        capture_method,
        psp_account_id,
        routing: asJson(routing),
        psp_reference: null,
        psp_url: null,
        success_url,
        cancel_url,
        merchant_reference,
        description,
        metadata: asJson(metadata),
        locale,
        customer_email,
        line_items: JSON.parse(line_items),
        late_payments,
        link_used_at: null,
        browser_digest: null,
        opened_from: null,
        charge_id: null,
        sequence: 0,
        expires_at,
        created_at,
        updated_at,
        link_digest,
        next_expiry_try_at: expires_at,
      })
      return 1
    },
  ),
  lesson(
    'findSession',
    (db) => findSession(db, '', ''),
    (tx, [merchantId, id]: [string, string]) =>
      answerOne(read(tx, tx.tables.payment_sessions, `${merchantId} ${id}`), pick),
  ),
  lesson(
    'lockSession',
    (db) => lockSession(db, '', ''),
    function* (tx, [merchantId, id]: [string, string]) {
      return answerOne(yield* readLocked(tx, tx.tables.payment_sessions, `${merchantId} ${id}`), pick)
    },
  ),
  lesson(
    'findSessionByLink',
    (db) => findSessionByLink(db, none),
    (tx, [digest]: [Buffer]) => {
      const slot = findByLink(tx, digest)
      const row = slot === undefined ? null : visibleTo(tx, slot)
      return answerOne(row, (session) => ({
        ...pick(session),
        merchant_name: read(tx, tx.tables.merchants, session.merchant_id)?.name ?? null,
      }))
    },
  ),
  lesson(
    'consumeLink',
    (db) => consumeLink(db, none, none, never, null),
    function* (tx, [digest, browser, now, openedFrom]: [Buffer, Buffer, Date, string | null]) {
      const changed = yield* update(
        tx,
        findByLink(tx, digest),
        (row) => ({ ...row, link_used_at: row.link_used_at ?? now, browser_digest: browser, opened_from: openedFrom }),
        (row) =>
          row.status === 'open' &&
          row.expires_at > now &&
          (row.link_used_at === null || row.browser_digest?.equals(browser) === true),
      )
      return changed === null ? 0 : 1
    },
  ),
  lesson(
    'recordSessionAtPsp',
    (db) => recordSessionAtPsp(db, '', '', { pspReference: '', url: '' }),
    (tx, values: [string, string, string, string]) =>
      change(tx, values, { psp_reference: values[2], psp_url: values[3] }, (row) => row.psp_reference === null),
  ),
  lesson(
    'moveSession',
    (db) => moveSession(db, anySession),
    (tx, values: [string, string, string, SessionRow['routing'], Date]) => {
      const [, , psp_account_id, routing, updated_at] = values
      return change(
        tx,
        values,
        { psp_account_id, routing: asJson(routing), updated_at },
        (row) => row.status === 'open' && row.psp_reference === null,
      )
    },
  ),
  lesson(
    'cancelUnmadeSession',
    (db) => cancelUnmadeSession(db, '', ''),
    (tx, values: [string, string]) =>
      change(
        tx,
        values,
        { status: 'canceled', updated_at: tx.now },
        (row) => row.status === 'open' && row.psp_reference === null,
      ),
  ),
  lesson(
    'updateSession',
    (db) => updateSession(db, anySession),
    (tx, values: [string, string, SessionRow['status'], string | null, number, Date]) => {
      const [, , status, charge_id, sequence, updated_at] = values
      return change(tx, values, { status, charge_id, sequence, updated_at })
    },
  ),
  lesson(
    'claimSessionsToExpire',
    (db) => claimSessionsToExpire(db, never, 1, 1),
    function* (tx, [at, limit, leaseMs]: [Date, number, number]) {
      const isDue = (row: SessionRecord | null) => row?.status === 'open' && row.next_expiry_try_at <= at
      const due = tx.tables.payment_sessions.toExpire.collect(
        at.getTime(),
        limit,
        (slot) => isDue(visibleTo(tx, slot)) && tryLock(tx, slot, lockStrengths.update),
      )
      const claimed: object[] = []
      const next = new Date(at.getTime() + leaseMs)
      for (const slot of due) {
        const row = yield* update(tx, slot, (old) => ({ ...old, next_expiry_try_at: next }))
        if (row !== null) claimed.push(pick(row))
      }
      return claimed
    },
  ),
  lesson(
    'setNextExpiryTry',
    (db) => setNextExpiryTry(db, anySession, never),
    (tx, values: [string, string, Date]) =>
      change(tx, values, { next_expiry_try_at: values[2] }, (row) => row.status === 'open'),
  ),
]

type InsertValues = [
  merchantId: string,
  id: string,
  status: SessionRow['status'],
  amount: bigint,
  currency: string,
  captureMethod: SessionRow['capture_method'],
  pspAccountId: string,
  successUrl: string,
  cancelUrl: string,
  merchantReference: string | null,
  description: string | null,
  metadata: SessionRow['metadata'],
  locale: string | null,
  customerEmail: string | null,
  lineItems: string,
  latePayments: SessionRow['late_payments'],
  linkDigest: Buffer,
  expiresAt: Date,
  createdAt: Date,
  updatedAt: Date,
  routing: SessionRow['routing'],
]
