import type { Slot } from '../slot.ts'
import type { Check, Reference } from '../table.ts'
import type { Tables } from '../tables.ts'

/** `check (column in (…))`, under the name that PostgreSQL gives it. */
export function oneOf<Row extends object, Column extends keyof Row & string>(
  table: string,
  column: Column,
  values: readonly (Row[Column] & string)[],
): Check<Row> {
  const allowed = new Set<unknown>(values)
  return { name: `${table}_${column}_check`, holds: (row) => row[column] === null || allowed.has(row[column]) }
}

export function check<Row extends object>(name: string, holds: (row: Row) => boolean): Check<Row> {
  return { name, holds }
}

/** PostgreSQL looks at the checks of a table in the order of their names. */
export function inOrder<Row extends object>(checks: readonly Check<Row>[]): readonly Check<Row>[] {
  return checks.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

export const isCurrencyCode = (text: string) => /^[A-Z]{3}$/.test(text)

export function toMerchant<Row extends { merchant_id: string }>(table: string): Reference<Row> {
  return {
    constraint: `${table}_merchant_id_fkey`,
    columns: ['merchant_id'],
    find: (tables, row) => tables.merchants.find(row.merchant_id),
    mayWait: false,
  }
}

export function toPspAccount<Row extends { merchant_id: string; psp_account_id: string }>(
  table: string,
): Reference<Row> {
  return {
    constraint: `${table}_merchant_id_psp_account_id_fkey`,
    columns: ['merchant_id', 'psp_account_id'],
    find: (tables, row) => tables.psp_accounts.find(`${row.merchant_id} ${row.psp_account_id}`),
    mayWait: false,
  }
}

/** A reference to a row that statements of the store lock `for update`, or delete. */
export function toLockable<Row extends { merchant_id: string }>(
  table: string,
  column: keyof Row & string,
  find: (tables: Tables, row: Row) => Slot | undefined,
): Reference<Row> {
  return { constraint: `${table}_merchant_id_${column}_fkey`, columns: ['merchant_id', column], find, mayWait: true }
}

export const byId = (row: { merchant_id: string; id: string }) => `${row.merchant_id} ${row.id}`
