import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import fc from 'fast-check'
import { holdsCardNumber, watchForCardData } from './tripwire.ts'

const visa = '4111111111111111'
const cases: [name: string, body: string, expected: string | null | undefined][] = [
  [
    'a card where the relay takes it',
    `{"payment_method":{"type":"card","card":{"number":"${visa}","cvc":"123"}}}`,
    'payment_method.card.number',
  ],
  [
    'a number that is no card, at the card',
    '{"payment_method":{"card":{"number":"1234"}}}',
    'payment_method.card.number',
  ],
  ['a card number given as null', '{"payment_method":{"card":{"number":null}}}', 'payment_method.card.number'],
  ['a security code alone', '{"payment_method":{"card":{"cvc":"123"}}}', 'payment_method.card.cvc'],
  [
    'the card hidden by an escaped name',
    '{"payment_method":{"c\\u0061rd":{"number":"1234"}}}',
    'payment_method.card.number',
  ],
  ['metadata', `{"metadata":{"note":"paid by ${visa}, thanks"}}`, 'metadata.note'],
  ['single spaces', '{"description":"4111 1111 1111 1111"}', 'description'],
  ['dashes', '{"description":"4111-1111-1111-1111"}', 'description'],
  ['American Express as it is printed', '{"description":"3782 822463 10005"}', 'description'],
  ['digits before it', '{"description":"room 12 4111 1111 1111 1111"}', 'description'],
  ['letters at its sides', `{"description":"card${visa}end"}`, 'description'],
  ['escapes', `{"description":"\\u0034${visa.slice(1)}"}`, 'description'],
  ['escapes and an escaped dash', '{"description":"4111\\u002d1111\\u00201111-11\\u0031\\u0031"}', 'description'],
  ['a list', `{"line_items":[{"name":"a"},{"name":"${visa}"}]}`, 'line_items.1.name'],
  ['a JSON number', `{"metadata":{"n":${visa}}}`, 'metadata.n'],
  ['a JSON number with an exponent', '{"metadata":{"n":4.111111111111111e15}}', 'metadata.n'],
  ['a JSON number with a fraction', `{"amount":${visa}.0}`, 'amount'],
  ['the name of a field', `{"metadata":{"${visa}":"x"}}`, 'metadata'],
  ['a field with a strange name', `{"metadata":{"a b":"${visa}"}}`, 'metadata'],
  ['a body that is only a string', `"${visa}"`, null],
  ['a body that is cut off', `{"description":"${visa}`, 'description'],
  ['the earlier of two equal fields', `{"description":"${visa}","description":"x"}`, 'description'],
  ['19 digits', '{"description":"6304000000000000000"}', 'description'],
  // Not card data
  ['an amount of 13 digits', '{"amount":5018000000009}', undefined],
  ['a wrong check digit', '{"description":"4111111111111112"}', undefined],
  ['a run that is too long', `{"description":"${visa}00000"}`, undefined],
  ['digits two spaces apart', '{"description":"4111 1111  1111 1111"}', undefined],
  ['a Unix time in microseconds', '{"description":"1795470000000000"}', undefined],
  ['a German telephone number', '{"description":"+49 170 12345678"}', undefined],
  ['a SHA-256 in hexadecimal', `{"description":"ab${visa}ffaa00ffaa00ffaa00ffaa00ffaa00ffaa00ffaa00ffaa"}`, undefined],
  [
    'a token payment',
    '{"payment_method":{"type":"token","token":"tok_00000000000000000000000000"},"amount":1000}',
    undefined,
  ],
  ['an empty body', '', undefined],
  ['no JSON', 'hello', undefined],
]

for (const [name, text, expected] of cases) {
  test(`the tripwire ${expected === undefined ? 'lets pass' : 'catches'}: ${name}`, () => {
    const body = Buffer.from(text)
    const hit = watchForCardData(body)
    assert.deepEqual(hit, expected === undefined ? null : { param: expected })
    if (hit === null) return assert.equal(body.toString(), text, 'an innocent body is not touched')
    assert.equal(body.length, text.length)
    assert.doesNotMatch(readEscapes(body.toString()), /4\D?1\D?1\D?1\D?1\D?1|37828|8224|630400|"123"|1234/)
    if (isJson(text)) assert.ok(isJson(body.toString()), 'a blanked body stays JSON')
  })
}

test('a card number in a header is seen too', () => {
  assert.equal(holdsCardNumber(`order ${visa}`), true)
  assert.equal(holdsCardNumber('order 4111111111111112'), false)
})

test('wherever a card number stands, however it is grouped or escaped, it is found and not one digit of it is left', () => {
  const cardNumber = fc
    .tuple(fc.constantFrom('4', '51', '2221', '6011', '62', '3528'), fc.stringMatching(/^\d{15}$/))
    .map(([prefix, rest]) => withCheckDigit((prefix + rest).slice(0, 15)))
  const written = fc
    .tuple(cardNumber, fc.constantFrom('', ' ', '-'), fc.constantFrom(1, 2, 4, 5), fc.boolean())
    .map(([number, separator, size, escaped]) => {
      const text = number.match(new RegExp(`.{1,${size}}`, 'g'))?.join(separator) ?? number
      return { number, json: escaped ? text.replaceAll(/\d/g, (digit) => `\\u003${digit}`) : text }
    })
  // What stands around it: any text whose edge is no digit, space or dash, which would make another number of it.
  const around = fc
    .string({ unit: 'grapheme', maxLength: 40 })
    .map((text) => JSON.stringify(`(${text.replaceAll(/\d/g, '')})`).slice(1, -1))
  fc.assert(
    fc.property(
      written,
      around,
      around,
      fc.constantFrom('a', 'metadata', 'ключ'),
      ({ number, json }, before, after, name) => {
        const body = Buffer.from(`{"amount":1,"${name}":{"x":["${before}${json}${after}"]}}`)
        const hit = watchForCardData(body)
        const parsed: unknown = JSON.parse(body.toString())
        assert.deepEqual(hit, { param: name === 'ключ' ? null : `${name}.x.0` })
        assert.ok(!JSON.stringify(parsed).replaceAll(/[ -]/g, '').includes(number))
        assert.equal(watchForCardData(body), null, 'what was blanked is no card number')
      },
    ),
    { numRuns: 300 },
  )
})

test('random bytes never make it throw, nor change what they mean when nothing is found', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.json(), (bytes, json) => {
      watchForCardData(Buffer.from(bytes))
      const body = Buffer.from(json)
      if (watchForCardData(body) === null) assert.equal(body.toString(), json)
    }),
    { numRuns: 500 },
  )
})

test('the false alarms are as few as the page says: about one of 35 random 16-digit order numbers, no UUID', (t) => {
  const alarms = (sample: number, make: () => string) => {
    let count = 0
    for (let round = 0; round < sample; round++)
      if (watchForCardData(Buffer.from(`{"merchant_reference":"${make()}"}`)) !== null) count++
    return count / sample
  }
  const random16 = alarms(50_000, () => String(Math.floor(Math.random() * 1e16)).padStart(16, '0'))
  const uuid = alarms(50_000, () => crypto.randomUUID())
  const dated = alarms(20_000, () => `20261123${Math.floor(Math.random() * 1e8)}`)
  t.diagnostic(
    `random 16 digits ${(random16 * 100).toFixed(2)} %, UUID ${(uuid * 100).toFixed(3)} %, date first ${(dated * 100).toFixed(3)} %`,
  )
  assert.ok(random16 > 0.022 && random16 < 0.034, `${random16}`)
  assert.ok(uuid < 0.0002, `${uuid}`)
  assert.equal(dated, 0)
})

test('64 KiB of the worst bodies take milliseconds', () => {
  const size = 65_536
  const worst = ['4 ', '4', '"4', '{"a":', '[', '\\u0034', '4-1-', '"4111111111111111",', 'a4111111111111111']
  for (const piece of worst) {
    for (const prefix of ['', '{"a":"', '[']) {
      const body = Buffer.from((prefix + piece.repeat(Math.ceil(size / piece.length))).slice(0, size))
      const started = performance.now()
      watchForCardData(body)
      const ms = performance.now() - started
      assert.ok(ms < 150, `${JSON.stringify(prefix + piece)} took ${ms} ms`)
    }
  }
})

function withCheckDigit(start: string): string {
  const sum = [...start].reverse().reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return start + ((10 - (sum % 10)) % 10)
}

function readEscapes(text: string): string {
  return text.replaceAll(/\\u00(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
