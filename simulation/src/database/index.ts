import type { Slot } from './slot.ts'

export type Key = string | number

/**
 * Finds the slots of rows by something in the row. A slot stands under the key of its committed row and under that of
 * its uncommitted one, so whoever finds it looks whether the row that it sees has the key.
 */
export type Index<Row extends object> = {
  /** Null: the row is not in this index. */
  keyOf(row: Row): Key | null
  add(key: Key, slot: Slot<Row>, row: Row): void
  drop(key: Key, slot: Slot<Row>, row: Row): void
}

export type UniqueIndex<Row extends object> = Index<Row> & {
  /** The name by which a violation is reported. */
  readonly constraint: string
  find(key: Key): Slot<Row> | undefined
}

export function makeUniqueIndex<Row extends object>(
  constraint: string,
  keyOf: (row: Row) => Key | null,
): UniqueIndex<Row> & { values(): Iterable<Slot<Row>> } {
  const slots = new Map<Key, Slot<Row>>()
  return {
    constraint,
    keyOf,
    find: (key) => slots.get(key),
    values: () => slots.values(),
    add: (key, slot) => void slots.set(key, slot),
    drop(key, slot) {
      if (slots.get(key) === slot) slots.delete(key)
    },
  }
}

export type MultiIndex<Row extends object> = Index<Row> & { find(key: Key): Iterable<Slot<Row>> }

const none: readonly never[] = []

export function makeMultiIndex<Row extends object>(keyOf: (row: Row) => Key | null): MultiIndex<Row> {
  const slots = new Map<Key, Set<Slot<Row>>>()
  return {
    keyOf,
    find: (key) => slots.get(key) ?? none,
    add(key, slot) {
      const found = slots.get(key)
      if (found === undefined) slots.set(key, new Set([slot]))
      else found.add(slot)
    },
    drop(key, slot) {
      const found = slots.get(key)
      if (found === undefined) return
      found.delete(slot)
      if (found.size === 0) slots.delete(key)
    },
  }
}
