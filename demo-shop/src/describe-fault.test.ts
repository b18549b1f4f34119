import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeFault } from './describe-fault.ts'

test('a fault is described by its name and its places, and never by its message', () => {
  const message = '4111111111111111\n    at x (file:///app/src/4111111111111111.ts:1:1)'
  const { name, where } = describeFault(new RangeError(message))
  assert.equal(name, 'RangeError')
  assert.match(where[0] ?? '', /^src\/describe-fault\.test\.ts:\d+$/)
  assert.doesNotMatch(where.join(), /4111/)
  assert.deepEqual(describeFault(message), { name: 'string', where: [] })
})
