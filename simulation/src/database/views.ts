import type { Table } from './table.ts'

/** The committed rows of a table, to be read and never changed. */
export type TableView<Row> = Iterable<Readonly<Row>> & {
  readonly size: number
  /** By the primary key's values, in its order; the first is the merchant's id, save in the audit log. */
  get(...key: string[]): Readonly<Row> | undefined
}

export function viewTable<Row extends object, Shown = Row>(
  table: Table<Row>,
  show: (row: Row) => Shown,
): TableView<Shown> {
  return {
    get size() {
      return table.count
    },
    get(...key) {
      const row = table.find(key.join(' '))?.committed ?? null
      return row === null ? undefined : show(row)
    },
    *[Symbol.iterator]() {
      for (const { committed } of table.slots()) if (committed !== null) yield show(committed)
    },
  }
}
