import { releaseLocks } from './locks.ts'
import type { Slot, Waiter } from './slot.ts'
import { settleSlot } from './table.ts'
import type { Tables } from './tables.ts'

/** Calls `run` when `delayMs` have passed by the virtual clock, unless the returned function is called before. */
export type SetTimer = (delayMs: number, run: () => void) => () => void

export type Transaction = {
  readonly tables: Tables
  /** SQL's now(): when the transaction began. */
  readonly now: Date
  readonly setTimer: SetTimer
  lockTimeoutMs: number
  readonly written: Slot[]
  readonly locked: Slot[]
  /** What it waits for at the moment. */
  waiting: Waiter | null
  /** Stops the clock of that wait. */
  cancelTimer: (() => void) | null
  /** Those who wait for its end, because of a unique key that it may or may not leave free. */
  awaitedBy: Waiter[] | null
  isOver: boolean
}

export function beginTransaction(tables: Tables, now: Date, setTimer: SetTimer, lockTimeoutMs: number): Transaction {
  return {
    tables,
    now,
    setTimer,
    lockTimeoutMs,
    written: [],
    locked: [],
    waiting: null,
    cancelTimer: null,
    awaitedBy: null,
    isOver: false,
  }
}

/** Everybody sees what it wrote, at once. */
export function commitTransaction(tx: Transaction): void {
  endTransaction(tx, true)
}

/**
 * Takes back what it wrote. A statement of it that waits is given up.
 *
 * @param why what such a statement fails with; without it, it never comes back.
 */
export function abortTransaction(tx: Transaction, why?: Error): void {
  const { waiting } = tx
  if (waiting !== null) {
    waiting.leave()
    if (why !== undefined) waiting.giveUp(why)
  }
  endTransaction(tx, false)
}

function endTransaction(tx: Transaction, keep: boolean): void {
  tx.isOver = true
  for (const slot of tx.written) settleSlot(slot, keep)
  releaseLocks(tx)
}
