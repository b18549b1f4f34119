import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { pathInRepository } from '../managed-process.ts'
import { controls } from './controls.ts'
import { isNamed, readTestNames } from './test-names.ts'

test('every control is shown by a test, or is the operator’s in words', () => {
  const empty = controls.filter(
    ({ shownBy = [], operator = '' }) => shownBy.every(({ tests }) => tests.length === 0) && operator.length < 10,
  )
  assert.deepEqual(
    empty.map(({ requirements }) => requirements.join(', ')),
    [],
  )
})

test('every test that a control names is there', () => {
  const gone: string[] = []
  for (const { requirements, shownBy = [] } of controls) {
    for (const { file, tests } of shownBy) {
      const path = pathInRepository(file)
      const names = existsSync(path) ? readTestNames(path) : []
      for (const name of tests) if (!names.includes(name)) gone.push(`${requirements[0]}: ${file}: ${name}`)
    }
  }
  assert.deepEqual(gone, [])
})

test('no requirement has two rows, and all that software touches have one', () => {
  const all = controls.flatMap(({ requirements }) => requirements)
  assert.deepEqual(
    all.filter((requirement, index) => all.indexOf(requirement) !== index),
    [],
  )
  const needed =
    '1.2.4 1.2.5 1.3.1 1.3.2 1.4.2 1.4.4 2.2 3.2.1 3.3.1 3.3.1.1 3.3.1.2 3.3.1.3 3.3.2 3.4.1 3.5.1 3.5.1.1 4.2.1 4.2.1.1 6.2.4 6.3.2 6.3.3 6.4.2 6.4.3 11.6.1 6.5.5 6.5.6 7.2 7.3 8.2.8 8.3.4 8.3.6 8.4.2 8.5.1 8.6.2 10.2.1 10.2.2 10.3.1 10.3.2 10.3.3 10.3.4 10.4.1.1 10.5.1 10.7.2 10.7.3 11.5.2 12.5.2.1 12.8 12.9 12.10.7'
  assert.deepEqual(
    needed.split(' ').filter((requirement) => !all.includes(requirement)),
    [],
  )
})

test('names are read from a file as they stand there, and found again among those that ran', () => {
  const names = readTestNames(pathInRepository('payment-service/src/card-door/admission.test.ts'))
  assert.ok(names.includes('admission: … → …'))
  assert.ok(!names.includes('a test that is gone'))
  assert.ok(isNamed('admission: no key → raw_card_key_invalid', 'admission: … → …'))
  assert.ok(!isNamed('admission of nobody', 'admission: … → …'))
  assert.ok(!isNamed('a b', 'a.b'))
})
