import { EventEmitter } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RecordedCall } from '../fincore/recorded-call.ts'
import type { Order, OrderChange } from './order.ts'

/** A webhook as it arrived and was verified. */
export type RecordedWebhook = { type: string; headers: Record<string, string>; body: string; at: number }
export type OrderRecord = ({ kind: 'call' } & RecordedCall) | ({ kind: 'webhook' } & RecordedWebhook)

export type OrderStore = {
  /** Adds the order, unless one with the same attempt exists; gives the one that counts. */
  addOrder: (order: Order) => { order: Order; isNew: boolean }
  findOrder: (id: string) => Order | undefined
  findOrderByCharge: (charge: string) => Order | undefined
  changeOrder: (id: string, change: OrderChange) => void
  addRecord: (orderId: string, record: OrderRecord) => void
  /** In the order in which they began: a webhook may come before the answer to the call that caused it. */
  listRecords: (orderId: string) => OrderRecord[]
  /** False when a webhook of this id was taken before. */
  claimWebhook: (webhookId: string) => boolean
  /** Runs `work` so that a crash keeps all of it or nothing. */
  inTransaction: <T>(work: () => T) => T
  /** Calls back after each change of the order; gives the function that stops it. */
  watchOrder: (id: string, changed: () => void) => () => void
  close: () => void
}

const schema = `
  CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, attempt TEXT NOT NULL UNIQUE, charge TEXT, json TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS orders_by_charge ON orders (charge);
  CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY, order_id TEXT NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS records_by_order ON records (order_id, seq);
  CREATE TABLE IF NOT EXISTS webhooks (id TEXT PRIMARY KEY) STRICT;
`
// Far more than a payment makes; a flood of webhooks cannot make an order's page grow without end.
const mostRecordsShown = 60

/** Opens `shop.sqlite` in the data directory. Orders, calls and webhooks survive a restart of the shop. */
export function openOrderStore(dataDir: string): OrderStore {
  mkdirSync(dataDir, { recursive: true })
  const db = new DatabaseSync(join(dataDir, 'shop.sqlite'))
  db.exec('PRAGMA journal_mode = WAL')
  db.exec(schema)
  const changes = new EventEmitter().setMaxListeners(0)
  const readOrder = (row: Record<string, unknown> | undefined): Order | undefined =>
    row === undefined ? undefined : (JSON.parse(String(row.json)) as Order)

  const insertOrder = db.prepare(
    'INSERT INTO orders (id, attempt, charge, json) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const selectById = db.prepare('SELECT json FROM orders WHERE id = ?')
  const selectByAttempt = db.prepare('SELECT json FROM orders WHERE attempt = ?')
  const selectByCharge = db.prepare('SELECT json FROM orders WHERE charge = ?')
  const updateOrder = db.prepare('UPDATE orders SET json = ?, charge = ? WHERE id = ?')
  const insertRecord = db.prepare('INSERT INTO records (order_id, json) VALUES (?, ?)')
  const selectRecords = db.prepare('SELECT json FROM records WHERE order_id = ? ORDER BY seq LIMIT ?')
  const insertWebhook = db.prepare('INSERT INTO webhooks (id) VALUES (?) ON CONFLICT DO NOTHING')

  return {
    addOrder(order) {
      const isNew = insertOrder.run(order.id, order.attempt, order.charge, JSON.stringify(order)).changes === 1
      return { order: readOrder(selectByAttempt.get(order.attempt)) ?? order, isNew }
    },
    findOrder: (id) => readOrder(selectById.get(id)),
    findOrderByCharge: (charge) => readOrder(selectByCharge.get(charge)),
    changeOrder(id, change) {
      const order = readOrder(selectById.get(id))
      if (order === undefined) return
      const changed = { ...order, ...change }
      updateOrder.run(JSON.stringify(changed), changed.charge, id)
      changes.emit(id)
    },
    addRecord(orderId, record) {
      insertRecord.run(orderId, JSON.stringify(record))
      changes.emit(orderId)
    },
    listRecords: (orderId) =>
      selectRecords
        .all(orderId, mostRecordsShown)
        .map((row) => JSON.parse(String(row.json)) as OrderRecord)
        .sort((one, other) => one.at - other.at),
    claimWebhook: (webhookId) => insertWebhook.run(webhookId).changes === 1,
    inTransaction(work) {
      db.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        db.exec('COMMIT')
        return result
      } catch (error) {
        db.exec('ROLLBACK')
        throw error
      }
    },
    watchOrder(id, changed) {
      changes.on(id, changed)
      return () => changes.off(id, changed)
    },
    close: () => db.close(),
  }
}
