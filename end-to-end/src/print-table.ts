import { table } from '@fincore/dev/doc-page'

export type Row = readonly string[]

/** A table for the terminal, or for a document. The first row is its head. */
export function printTable(rows: readonly Row[], markdown: boolean): string {
  const [head = [], ...rest] = rows
  if (markdown) return table(head, rest)
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)))
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
