import { printable } from '../printable.ts'
import type { Surroundings } from './surroundings.ts'
import { say } from './surroundings.ts'

/** A column of a table: what it is called, and what of a row stands in it. */
export type Column<Row> = {
  name: string
  show: (row: Row) => string | null | undefined
  /** May be cut short where the terminal is narrow. An id never may: it is there to be copied. */
  mayShrink?: true
}

const gap = '  '
const narrowest = 12

/**
 * Prints rows aligned under their heads. On a terminal that is too narrow, cells that may shrink do; when that does not
 * help either, each row becomes a few lines. Elsewhere nothing is cut.
 */
export function printTable<Row>(io: Surroundings, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const cells = rows.map((row) => columns.map(({ show }) => printable(show(row) ?? '-')))
  const widths = columns.map(({ name }, index) => Math.max(name.length, ...cells.map((row) => lengthOf(row[index]))))
  const fitted = fit(columns, widths, widthOf(io))
  if (fitted === null) {
    const block = (row: string[]) => alignPairs(columns.map(({ name }, index) => [name, row[index] ?? '']))
    say(io, cells.map(block).join('\n\n'))
    return
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => pad(cutTo(cell, fitted[index] ?? 0), fitted[index] ?? 0))
      .join(gap)
      .trimEnd()
  say(io, [columns.map(({ name }) => name.toUpperCase()), ...cells].map(line).join('\n'))
}

/** Prints what is known of one thing, a line each. */
export function printFields(io: Surroundings, fields: readonly (readonly [string, string | null | undefined])[]): void {
  say(io, alignPairs(fields.map(([name, value]) => [name, printable(value ?? '-')])))
}

function alignPairs(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 1
  return pairs.map(([name, value]) => `${`${name}:`.padEnd(width)} ${value}`).join('\n')
}

function widthOf({ stdout }: Surroundings): number {
  return stdout.isTTY === true ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY
}

/** The widths that fit, or null where nothing can be cut so far. */
function fit(columns: readonly Column<never>[], widths: readonly number[], available: number): number[] | null {
  const fitted = [...widths]
  const total = () => fitted.reduce((sum, width) => sum + width, 0) + gap.length * (fitted.length - 1)
  while (total() > available) {
    const shrinkable = fitted.map((width, index) => (columns[index]?.mayShrink === true ? width : 0))
    const widest = Math.max(...shrinkable)
    if (widest <= narrowest) return null
    fitted[shrinkable.indexOf(widest)] = Math.max(narrowest, widest - (total() - available))
  }
  return fitted
}

function lengthOf(text = ''): number {
  return [...text].length
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - lengthOf(text)))
}

function cutTo(text: string, width: number): string {
  return lengthOf(text) <= width ? text : `${[...text].slice(0, width - 1).join('')}…`
}
