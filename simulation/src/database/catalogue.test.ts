import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeTables } from './tables.ts'
import { createTwin, type Twin, tableNames } from './testing/twin.ts'

/** The rules that the stand-in repeats are those of the migrations: what they add or drop fails here. */
describe('the stand-in’s tables', { concurrency: false }, () => {
  const tables = makeTables()
  let twin: Twin
  before(async () => {
    twin = await createTwin()
  })
  after(() => twin.close())

  it('have the constraints of PostgreSQL’s, by name', async () => {
    const { rows } = await twin.owner.query<{ table: string; name: string }>(
      `select conrelid::regclass::text as table, conname as name from pg_constraint
       where conrelid::regclass::text = any ($1) and contype in ('c', 'f', 'p', 'u')
       union select indrelid::regclass::text, indexrelid::regclass::text from pg_index
       where indrelid::regclass::text = any ($1) and indisunique`,
      [tableNames],
    )
    for (const table of tableNames) {
      const { rules, uniqueIndexes } = tables[table]
      const known = [
        ...rules.checks.map(({ name }) => name),
        ...rules.references.map(({ constraint }) => constraint),
        ...uniqueIndexes.map(({ constraint }) => constraint),
      ]
      const real = rows.filter((row) => row.table === table).map(({ name }) => name)
      assert.deepEqual(known.sort(), real.sort(), table)
    }
  })

  it('take null in the same columns', async () => {
    const { rows } = await twin.owner.query<{ table: string; name: string }>(
      `select table_name as table, column_name as name from information_schema.columns
       where table_name = any ($1) and is_nullable = 'YES'`,
      [tableNames],
    )
    for (const table of tableNames) {
      const real = rows.filter((row) => row.table === table).map(({ name }) => name)
      assert.deepEqual([...tables[table].rules.nullable].sort(), real.sort(), table)
    }
  })

  it('have every trigger that changes rows', async () => {
    const { rows } = await twin.owner.query<{ name: string }>(
      `select tgname as name from pg_trigger where not tgisinternal and tgrelid::regclass::text = any ($1)
       and tgfoid <> 'announce_change'::regproc`,
      [tableNames],
    )
    assert.deepEqual(rows, [{ name: 'events_are_delivered' }])
  })
})
