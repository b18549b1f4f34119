import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { starCardNumber } from './card-search.ts'
import { headerHoldsCode, starCardCode } from './code-search.ts'

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
    [
      'a code with spaces around it',
      '{"x":" 100","y":"100  ","z":"\\t100\\n"}',
      '{"x":" ***","y":"***  ","z":"\\t***\\n"}',
    ],
    ['a code that is a number', '{"cvc":100,"card_CVV2" : 100}', '{"cvc":0  ,"card_CVV2" : 0  }'],
    ['a code that is a number with a fraction of 0', '{"cvc":100.0}', '{"cvc":0    }'],
    ['a code that is a number in JSON inside JSON', '{"raw":"{\\"csc\\":100}"}', '{"raw":"{\\"csc\\":0  }"}'],
    ['a code under a name in capitals', '{"cardSecurityCode":100}', '{"cardSecurityCode":0  }'],
    ['a code in an encoded form', 'echo=cvc%3D100%26a%3D1', 'echo=cvc%3D***%26a%3D1'],
    ['a code before a semicolon', 'card[cvc]=100; a=100;', 'card[cvc]=***; a=100;'],
    ['a code in an address in JSON', '{"url":"https://a/?cvc=100"}', '{"url":"https://a/?cvc=***"}'],
    ['a code in encoded JSON', '%22security_code%22%3A%22100%22', '%22security_code%22%3A%22***%22'],
    ['a code in XML', '<Cvc>100</Cvc>', '<Cvc>***</Cvc>'],
    [
      'a code in words',
      '{"message":"security-code: \\"100\\" is wrong"}',
      '{"message":"security-code: \\"***\\" is wrong"}',
    ],
  ] as const
  for (const [name, text, expected] of cases) it(`stars ${name}`, () => assert.equal(scrub(text), expected))

  const untouched = [
    '{"amount":100,"value":"1000","id":"pay_100","100":1,"100" :"a"}',
    'amount=1000&id=x100',
    '{"cvc":1000,"cvv":-100,"csc":100.5,"cvc2":1e100,"cvc_check":100,"cvc_result_code":100}',
    '{"amount":100,"cvc":null,"total":100,"cvc":"","n":100}',
    'cvc=1000;cvc=a100;amount=100;cvc%3D1009',
    '{"a":"424242424242424","b":"4242x424242424242"}',
    '',
  ]
  for (const text of untouched) it(`leaves ${text} alone`, () => assert.equal(scrub(text), text))

  it('finds a code whose zeros a JSON number has lost', () => {
    const bytes = Buffer.from('{"cvc":12,"cvv":"012","amount":12}')
    starCardCode(bytes, Buffer.from('012'))
    assert.equal(bytes.toString(), '{"cvc":0 ,"cvv":"***","amount":12}')
  })

  const headers: [string, string, boolean][] = [
    ['x-cvc', '100', true],
    ['X-Card-Security-Code', ' 100 ', true],
    ['x-echo', 'a=1; CVV=100', true],
    ['x-cvc-check', 'match', false],
    ['content-length', '100', false],
    ['cache-control', 'max-age=100', false],
  ]
  for (const [name, value, expected] of headers) {
    it(`${expected ? 'sees' : 'does not see'} the code in the header ${name}: ${value}`, () => {
      assert.equal(headerHoldsCode(name, value, Buffer.from('100')), expected)
    })
  }

  it('takes a reply full of echoes in good time', () => {
    const startedAt = performance.now()
    assert.equal(scrub('4242424242424242'.repeat(4_096)), '*'.repeat(65_536))
    scrub('4 2 4 2 4 2 4 '.repeat(4_600))
    scrub('cvc:'.repeat(16_384))
    scrub('security_code'.repeat(5_000))
    assert.ok(performance.now() - startedAt < 1_000)
  })
})
