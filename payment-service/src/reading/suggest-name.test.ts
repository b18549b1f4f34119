import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { suggestName } from './suggest-name.ts'

const names = [
  'amount',
  'currency',
  'capture_method',
  'merchant_reference',
  'metadata',
  'url',
  'return_url',
  'captured',
]

const slips: [sent: string, meant: string | null][] = [
  ['amout', 'amount'],
  ['amuont', 'amount'],
  ['ammount', 'amount'],
  ['Amount', 'amount'],
  ['captureMethod', 'capture_method'],
  ['merchant_refrence', 'merchant_reference'],
  ['currrency', 'currency'],
  ['returnUrl', 'return_url'],
  ['URL', 'url'],
  ['uri', null],
  ['total', null],
  ['', null],
  ['a'.repeat(10_000), null],
]
for (const [sent, meant] of slips) {
  it(`takes ${sent.slice(0, 20) || 'nothing'} for ${meant ?? 'no name of ours'}`, () => {
    assert.equal(suggestName(sent, names), meant)
  })
}

it('gives back a name of the list or nothing, whatever was sent', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (sent) => {
      const suggested = suggestName(sent, names)
      assert.ok(suggested === null || names.includes(suggested))
    }),
  )
})
