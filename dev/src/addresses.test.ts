import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { portTable, readPortBase } from './addresses.ts'
import { pathInRepository } from './managed-process.ts'

test('the README lists every port', () => {
  const rows = readFileSync(pathInRepository('README.md'), 'utf8').matchAll(/^\| (\+\d+(?:, \+\d+)*) \| ([\d, ]+) \|/gm)
  const offsets: number[] = []
  for (const [, plus = '', ports = ''] of rows) {
    offsets.push(...plus.split(', ').map(Number))
    assert.deepEqual(
      ports.split(', ').map(Number),
      plus.split(', ').map((offset) => readPortBase('') + Number(offset)),
    )
  }
  assert.deepEqual(
    offsets,
    Object.values(portTable).map(({ offset }) => offset),
  )
})
