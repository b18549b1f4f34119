import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rinse } from './rinse.ts'

describe('the rinse of what HTTP connections are read into', () => {
  it('fills one whole read with zeros', async () => {
    assert.equal(await rinse(), 65_536)
  })
})
