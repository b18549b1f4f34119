import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPspOption } from './dev-psps.ts'

test('the one option of a start is the PSP, and whatever else is written is told so', () => {
  assert.equal(readPspOption([]), undefined)
  assert.equal(readPspOption(['--psp', 'stripe'])?.name, 'stripe')
  assert.throws(() => readPspOption(['--psp', 'nobody']), /There is no PSP "nobody" here: choose --psp sandbox/)
  for (const args of [['--help'], ['stripe'], ['--psp']])
    assert.throws(
      () => readPspOption(args),
      /\. The one option is -- --psp NAME \(sandbox, stripe, adyen\); README\.md/,
    )
})
