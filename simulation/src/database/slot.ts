import type { Table } from './table.ts'
import type { Transaction } from './transaction.ts'

/**
 * The place of one row in its table: what is committed, what the transaction that holds it has made of it since, and
 * who holds it or waits for it. A row itself never changes; a change puts another one in its place.
 */
export type Slot<Row extends object = object> = {
  readonly table: Table<Row>
  /** What every other transaction sees. Null: it is not there. */
  committed: Row | null
  /** What `holder` has made of it, when `isWritten`. Null: it deleted the row. */
  pending: Row | null
  isWritten: boolean
  /** Who has the row locked against other changes. */
  holder: Transaction | null
  /** How strongly; 0 when nobody has. */
  strength: 0 | LockStrength
  /** Who counts on the row to stay, because a row of theirs refers to it. */
  sharers: Transaction[] | null
  /** Who waits for it, in the order of their arrival. */
  queue: RowWaiter[] | null
}

/**
 * The row locks of PostgreSQL that FinCore's statements take. Each strong one excludes the other; `keyShare`, which a
 * foreign key's check takes on the row that it found, is excluded by `update` alone.
 */
export const lockStrengths = { keyShare: 1, noKeyUpdate: 2, update: 3 } as const
export type LockStrength = (typeof lockStrengths)[keyof typeof lockStrengths]

/** A transaction that cannot go on before another ends. */
export type Waiter = {
  readonly tx: Transaction
  /** Those who must end first. */
  blockers(): Transaction[]
  /** Settles when the wait is over: rejects when it is given up. */
  readonly over: Promise<void>
  goOn(): void
  giveUp(error: Error): void
  /** Takes it out of every queue. */
  leave(): void
}
export type RowWaiter = Waiter & { readonly strength: LockStrength }

/** A computation that may have to wait, and is told by its runner when it may go on. */
export type Waits<T> = Generator<Waiter, T, undefined>

export function makeSlot<Row extends object>(table: Table<Row>): Slot<Row> {
  return {
    table,
    committed: null,
    pending: null,
    isWritten: false,
    holder: null,
    strength: 0,
    sharers: null,
    queue: null,
  }
}

/** The row as a statement of `tx` sees it that begins now: what is committed, and its own changes. */
export function visibleTo<Row extends object>(tx: Transaction, slot: Slot<Row>): Row | null {
  return slot.isWritten && slot.holder === tx ? slot.pending : slot.committed
}
