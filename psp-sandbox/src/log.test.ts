import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError } from './log.ts'

test('a fault is described by its name, its code and its places, and never by its message', () => {
  const message = '4111111111111111\n    at x (file:///app/src/4111111111111111.ts:1:1)'
  const described = describeError(Object.assign(new RangeError(message), { code: 'ERR_X' }))
  assert.match(described, /^RangeError ERR_X < src\/log\.test\.ts:\d+/)
  assert.doesNotMatch(described, /4111/)
  assert.equal(describeError(message), 'string')
})
