import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printable, toJson } from '../printable.ts'
import type { Surroundings } from './surroundings.ts'
import { type Column, printTable } from './table.ts'

type Row = { id: string; name: string }
const columns: readonly Column<Row>[] = [
  { name: 'id', show: ({ id }) => id },
  { name: 'name', show: ({ name }) => name, mayShrink: true },
]
const rows = [
  { id: 'mer_01kx7p2z3r8v9w0a1b2c3d4e5f', name: 'A shop with a name that is longer than most' },
  { id: 'mer_2', name: 'B' },
]

function print(width: number | null): string {
  let text = ''
  const stdout = {
    write: (chunk: unknown) => (text += chunk),
    ...(width === null ? {} : { isTTY: true, columns: width }),
  }
  printTable({ stdout } as unknown as Surroundings, columns, rows)
  return text
}

test('a table is as wide as the terminal at most, and cuts no id', () => {
  const lines = print(60).trimEnd().split('\n')
  assert.deepEqual(lines, [
    'ID                              NAME',
    'mer_01kx7p2z3r8v9w0a1b2c3d4e5f  A shop with a name that is …',
    'mer_2                           B',
  ])
  const narrow = print(40)
  assert.match(narrow, /^id: {3}mer_01kx7p2z3r8v9w0a1b2c3d4e5f\nname: A shop .* most\n\nid: {3}mer_2\n/)
  assert.match(print(null), /longer than most$/m)
})

test('JSON for a terminal is the same value, and moves no cursor', () => {
  const value = { text: 'a\u001b[2J\u009b2J\u202eb\u2028ü€' }
  const json = toJson(value)
  assert.deepEqual(JSON.parse(json), value)
  assert.equal(printable(json), json)
  assert.ok(json.includes('ü€'))
})
