import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { isId, newId, toCrockford } from './ids.ts'

describe('an id', () => {
  it('is 128 bits as one number, in base 32', () => {
    const digits = '0123456789abcdefghjkmnpqrstvwxyz'
    for (let tries = 0; tries < 1_000; tries++) {
      const bytes = randomBytes(16)
      let value = BigInt(`0x${bytes.toString('hex')}`)
      let text = ''
      for (let digit = 0; digit < 26; digit++, value >>= 5n) text = digits.charAt(Number(value & 31n)) + text
      assert.equal(toCrockford(bytes), text)
    }
    assert.equal(toCrockford(Buffer.alloc(16, 255)), `7${'z'.repeat(25)}`)
  })

  it('sorts by time, and has its own form', () => {
    const ids = Array.from({ length: 1_000 }, () => newId('charge'))
    assert.deepEqual(ids.toSorted(), ids)
    assert.ok(ids.every((id) => isId('charge', id)))
  })
})
