import { checkViolation, foreignKeyViolation, notNullViolation, uniqueViolation } from './errors.ts'
import { type Index, type Key, makeUniqueIndex, type UniqueIndex } from './index.ts'
import { lockRow, waitForEnd } from './locks.ts'
import { type LockStrength, lockStrengths, makeSlot, type Slot, visibleTo, type Waits } from './slot.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'

export type Check<Row extends object> = { name: string; holds(row: Row): boolean }
export type Reference<Row extends object> = {
  constraint: string
  /** The columns that refer; the reference is looked at when one of them changes. */
  columns: readonly string[]
  /** The slot of the row that is referred to. Null: the row refers to nothing. Undefined: what it refers to is not there. */
  find(tables: Tables, row: Row): Slot | null | undefined
  /** Whether a statement of the store locks or deletes such a row, so that referring to it may have to wait. */
  mayWait: boolean
}

/** What the migrations say of a table. */
export type TableRules<Row extends object> = {
  name: string
  /** The primary key's values, joined by a blank. */
  primaryKey(row: Row): string
  nullable: readonly string[]
  checks: readonly Check<Row>[]
  references: readonly Reference<Row>[]
}

export type Table<Row extends object> = {
  readonly rules: TableRules<Row>
  /** All of them, the primary key first. */
  readonly indexes: readonly Index<Row>[]
  readonly uniqueIndexes: readonly UniqueIndex<Row>[]
  /** The primary key's values, joined by a blank. */
  find(key: string): Slot<Row> | undefined
  /** Every slot, also of rows that are not committed yet. */
  slots(): Iterable<Slot<Row>>
  /** How many rows are committed. */
  count: number
}

export function makeTable<Row extends object>(
  rules: TableRules<Row>,
  indexes: { unique?: readonly UniqueIndex<Row>[]; others?: readonly Index<Row>[] } = {},
): Table<Row> {
  const primaryKey = makeUniqueIndex(`${rules.name}_pkey`, rules.primaryKey)
  const uniqueIndexes = [primaryKey, ...(indexes.unique ?? [])]
  return {
    rules,
    indexes: [...uniqueIndexes, ...(indexes.others ?? [])],
    uniqueIndexes,
    find: primaryKey.find,
    slots: primaryKey.values,
    count: 0,
  }
}

/** The row with this primary key, as a statement that begins now sees it. */
export function read<Row extends object>(tx: Transaction, table: Table<Row>, key: string): Row | null {
  const slot = table.find(key)
  return slot === undefined ? null : visibleTo(tx, slot)
}

/** `select … where <primary key> for update`, or with a weaker lock. */
export function* readLocked<Row extends object>(
  tx: Transaction,
  table: Table<Row>,
  key: string,
  strength: LockStrength = lockStrengths.update,
): Waits<Row | null> {
  const slot = table.find(key)
  if (slot === undefined || visibleTo(tx, slot) === null) return null
  return yield* lockRow(tx, slot, strength)
}

/**
 * `insert into …`. Waits for a transaction that may leave a unique key taken or free.
 *
 * @returns false when `on conflict do nothing` did nothing.
 */
export function* insert<Row extends object>(
  tx: Transaction,
  table: Table<Row>,
  row: Row,
  onConflict: 'fail' | 'do nothing' = 'fail',
): Waits<boolean> {
  holdToRules(table, row)
  for (const index of table.uniqueIndexes) {
    const key = index.keyOf(row)
    if (key === null || !(yield* isTaken(tx, index, key, null))) continue
    if (onConflict === 'do nothing') return false
    throw uniqueViolation(table.rules.name, index.constraint)
  }
  // Free for us also when we have deleted what stood there.
  put(tx, table.find(table.rules.primaryKey(row)) ?? makeSlot(table), row)
  for (const reference of table.rules.references) yield* holdToReference(tx, reference, row, table.rules.name)
  return true
}

/**
 * `update … where <primary key> and <matches>` as READ COMMITTED has it: the row must match when the statement begins,
 * and, was it changed while its lock was waited for, must match again.
 *
 * @returns the changed row; null when there was none to change.
 */
export function* update<Row extends object>(
  tx: Transaction,
  slot: Slot<Row> | undefined,
  change: (row: Row) => Row,
  matches?: (row: Row) => boolean,
): Waits<Row | null> {
  const seen = slot === undefined ? null : visibleTo(tx, slot)
  if (slot === undefined || seen === null || matches?.(seen) === false) return null
  return yield* updateSeen(tx, slot, seen, change, matches)
}

/** The same for a row that the statement saw, and that matched, when it began. */
export function* updateSeen<Row extends object>(
  tx: Transaction,
  slot: Slot<Row>,
  seen: Row,
  change: (row: Row) => Row,
  matches?: (row: Row) => boolean,
): Waits<Row | null> {
  const current = yield* lockRow(tx, slot, lockStrengths.noKeyUpdate)
  if (current === null || (current !== seen && matches?.(current) === false)) return null
  const { table } = slot
  const next = change(current)
  holdToRules(table, next)
  for (const index of table.uniqueIndexes) {
    const key = index.keyOf(next)
    if (key !== null && key !== index.keyOf(current) && (yield* isTaken(tx, index, key, slot)))
      throw uniqueViolation(table.rules.name, index.constraint)
  }
  put(tx, slot, next)
  for (const reference of table.rules.references) {
    if (reference.columns.some((column) => next[column as keyof Row] !== current[column as keyof Row]))
      yield* holdToReference(tx, reference, next, table.rules.name)
  }
  return next
}

/** `delete … where <primary key>`. False when there was nothing to delete. */
export function* remove<Row extends object>(tx: Transaction, slot: Slot<Row>): Waits<boolean> {
  if (visibleTo(tx, slot) === null || (yield* lockRow(tx, slot, lockStrengths.update)) === null) return false
  put(tx, slot, null)
  return true
}

function holdToRules<Row extends object>({ rules }: Table<Row>, row: Row): void {
  for (const column in row) {
    if (row[column] === null && !rules.nullable.includes(column)) throw notNullViolation(rules.name, column)
  }
  for (const check of rules.checks) {
    if (!check.holds(row)) throw checkViolation(rules.name, check.name)
  }
}

/** Whether a unique key is taken by another row. Until its last change is committed or taken back, that is not known. */
function* isTaken<Row extends object>(
  tx: Transaction,
  index: UniqueIndex<Row>,
  key: Key,
  own: Slot<Row> | null,
): Waits<boolean> {
  for (let slot = index.find(key); slot !== undefined && slot !== own; slot = index.find(key)) {
    if (slot.isWritten && slot.holder !== null && slot.holder !== tx) {
      yield waitForEnd(tx, slot.holder)
      continue
    }
    const row = visibleTo(tx, slot)
    return row !== null && index.keyOf(row) === key
  }
  return false
}

function* holdToReference<Row extends object>(
  tx: Transaction,
  reference: Reference<Row>,
  row: Row,
  table: string,
): Waits<void> {
  const slot = reference.find(tx.tables, row)
  if (slot === null) return
  const found =
    slot === undefined
      ? null
      : reference.mayWait
        ? yield* lockRow(tx, slot, lockStrengths.keyShare)
        : visibleTo(tx, slot)
  if (found === null) throw foreignKeyViolation(table, reference.constraint)
}

/** Puts an uncommitted row, or none, in the place that the transaction holds or takes now. */
function put<Row extends object>(tx: Transaction, slot: Slot<Row>, next: Row | null): void {
  const { table, committed } = slot
  const before = slot.isWritten ? slot.pending : committed
  const wasWritten = slot.isWritten
  if (slot.holder !== tx) {
    slot.holder = tx
    slot.strength = lockStrengths.update
    tx.locked.push(slot)
  }
  if (!wasWritten) tx.written.push(slot)
  slot.isWritten = true
  slot.pending = next
  for (const index of table.indexes) {
    const old = before === null ? null : index.keyOf(before)
    const key = next === null ? null : index.keyOf(next)
    if (next !== null && key !== null && key !== old) index.add(key, slot, next)
    if (!wasWritten || before === null || old === null || old === key) continue
    if (committed === null || index.keyOf(committed) !== old) index.drop(old, slot, before)
  }
}

/** Ends what a transaction has written: it stays, or what was committed before stays. */
export function settleSlot<Row extends object>(slot: Slot<Row>, keep: boolean): void {
  const { table, committed, pending } = slot
  const stays = keep ? pending : committed
  slot.committed = stays
  slot.pending = null
  slot.isWritten = false
  if (keep) table.count += Number(pending !== null) - Number(committed !== null)
  dropKeys(slot, keep ? committed : pending, stays)
}

function dropKeys<Row extends object>(slot: Slot<Row>, goes: Row | null, stays: Row | null): void {
  if (goes === null) return
  for (const index of slot.table.indexes) {
    const key = index.keyOf(goes)
    if (key !== null && (stays === null || index.keyOf(stays) !== key)) index.drop(key, slot, goes)
  }
}
