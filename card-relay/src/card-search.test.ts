import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { starCardCode, starCardNumber } from './card-search.ts'

const number = Buffer.from('4242424242424242')
const stars = '*'.repeat(16)

function scrub(text: string): string {
  const bytes = Buffer.from(text)
  starCardNumber(bytes, number)
  starCardCode(bytes, Buffer.from('100'))
  return bytes.toString()
}

describe('taking the card out of a reply', () => {
  const cases = [
    ['the number', '{"n":"4242424242424242"}', `{"n":"${stars}"}`],
    ['the number inside other digits', '[994242424242424242]', `[99${stars}]`],
    ['the number more than once', '4242424242424242,4242424242424242', `${stars},${stars}`],
    ['the number with spaces', 'no 4242 4242 4242 4242.', 'no **** **** **** ****.'],
    ['the number with dashes', '4242-4242-4242-4242', '****-****-****-****'],
    ['the number with encoded dashes', '4242%2D4242%2D4242%2D4242', '****%2D****%2D****%2D****'],
    ['percent-encoded digits', 'n=%342424242424242%342', `n=***2424242424242***2`.replace(/[24]/g, '*')],
    ['escaped digits', '"\\u0034242424242424242"', `"******${'*'.repeat(15)}"`],
    ['a code that is a JSON string', '{"cvc":"100", "a":["100"]}', '{"cvc":"***", "a":["***"]}'],
    ['a code in JSON inside JSON', '{"raw":"{\\"cvc\\":\\"100\\"}"}', '{"raw":"{\\"cvc\\":\\"***\\"}"}'],
    ['a code that is a form value', 'cvc=100&b=1', 'cvc=***&b=1'],
    ['a code at the end of a form', 'b=1&cvc=100', 'b=1&cvc=***'],
  ] as const
  for (const [name, text, expected] of cases) it(`stars ${name}`, () => assert.equal(scrub(text), expected))

  const untouched = [
    '{"amount":100,"value":"1000","id":"pay_100","100":1,"100" :"a"}',
    'amount=1000&id=x100',
    '{"a":"424242424242424","b":"4242x424242424242"}',
    '',
  ]
  for (const text of untouched) it(`leaves ${text} alone`, () => assert.equal(scrub(text), text))

  it('takes a reply full of echoes in good time', () => {
    const startedAt = performance.now()
    assert.equal(scrub('4242424242424242'.repeat(4_096)), '*'.repeat(65_536))
    scrub('4 2 4 2 4 2 4 '.repeat(4_600))
    assert.ok(performance.now() - startedAt < 1_000)
  })
})
