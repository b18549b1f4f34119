import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { measureFalseAlarms } from './testing/false-alarms.ts'
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
  ['two spaces and a dash between', '{"description":"4111  1111 - 1111 1111"}', 'description'],
  ['no-break spaces', '{"description":"4111\u00a01111\u00a01111\u00a01111"}', 'description'],
  ['tabs and newlines', '{"description":"4111\\t1111\\n1111\\r\\n1111"}', 'description'],
  ['dots', '{"description":"4111.1111.1111.1111"}', 'description'],
  ['slashes, escaped too', '{"description":"4111/1111\\/1111/1111"}', 'description'],
  ['every kind of dash', '{"description":"4111–1111—1111\\u20121111"}', 'description'],
  ['American Express with dots', '{"description":"3782.822463.10005"}', 'description'],
  ['full-width digits', '{"description":"４１１１１１１１１１１１１１１１"}', 'description'],
  ['full-width digits as escapes', `{"description":"${'\\uff14'}${'\\uFF11'.repeat(15)}"}`, 'description'],
  ['Arabic digits', '{"description":"٤١١١ ١١١١ ١١١١ ١١١١"}', 'description'],
  ['Persian digits as escapes', `{"description":"\\u06f4${'\\u06F1'.repeat(15)}"}`, 'description'],
  ['soft hyphens anywhere', '{"description":"41\u00ad1111111\u00ad1111\u00ad111"}', 'description'],
  [
    'zero-width spaces, as they are and escaped',
    '{"description":"4\u200b111111111\\u200B1111\u2060\ufeff11"}',
    'description',
  ],
  ['keycaps', `{"description":"${[...visa].map((digit) => `${digit}\ufe0f\u20e3`).join('')}"}`, 'description'],
  ['percent escapes', `{"description":"n=%34${'%31'.repeat(3)}%201111%2D1111%C2%A01111"}`, 'description'],
  ['a percent sign before it', `{"description":"100%${visa}"}`, 'description'],
  ...['cvc', 'CVV', 'cvv2', 'card_number', 'PAN'].map((name): [string, string, string] => [
    `metadata named ${name}`,
    `{"metadata":{"${name}":"1234"}}`,
    `metadata.${name}`,
  ]),
  // Not card data
  ['an amount of 13 digits', '{"amount":5018000000009}', undefined],
  ['a wrong check digit', '{"description":"4111111111111112"}', undefined],
  ['a run that is too long', `{"description":"${visa}00000"}`, undefined],
  ['digits four spaces apart', '{"description":"4111    1111    1111    1111"}', undefined],
  ['coordinates', '{"metadata":{"at":"48.137154, 11.576129"}}', undefined],
  ['a date and a time', '{"description":"30.04.2026 12:34:51"}', undefined],
  ['an address and its port', '{"metadata":{"peer":"45.123.101.102:54327"}}', undefined],
  ['a metadata key that only sounds so', '{"metadata":{"panel":"4","card_numbers":"2"}}', undefined],
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
    assert.equal(body.length, Buffer.byteLength(text))
    assert.doesNotMatch(readForms(body.toString()), /4\D?1\D?1\D?1\D?1\D?1|37828|8224|630400|"123"|1234/)
    if (isJson(text)) assert.ok(isJson(body.toString()), 'a blanked body stays JSON')
  })
}

test('a card number in a header is seen too', () => {
  assert.equal(holdsCardNumber(`order ${visa}`), true)
  assert.equal(holdsCardNumber(`\\${visa}`), true)
  assert.equal(holdsCardNumber('order 4111111111111112'), false)
})

const invisible = ['\u00ad', '\u200b', '\u200d', '\u2060', '\ufeff', '\ufe0f', '\u0336', '\\u00AD', '\\u200b']
test('wherever a card number stands, however it is grouped or escaped, it is found and not one digit of it is left', () => {
  const cardNumber = fc
    .tuple(fc.constantFrom('4', '51', '2221', '6011', '62', '3528'), fc.stringMatching(/^\d{15}$/))
    .map(([prefix, rest]) => withCheckDigit((prefix + rest).slice(0, 15)))
  const written = fc
    .tuple(
      cardNumber,
      fc.constantFrom('', ' ', '-', '  ', ' - ', '.', '/', '\\t', '\\r\\n', '\u00a0', '–', '\\u2212', '\u200b', '🂡'),
      fc.constantFrom(1, 2, 4, 5),
      fc.constantFrom<(digit: string) => string>(
        (digit) => digit,
        (digit) => `\\u003${digit}`,
        (digit) => `%3${digit}`,
        (digit) => String.fromCharCode(0xff10 + Number(digit)),
        (digit) => String.fromCharCode(0x0660 + Number(digit)),
        (digit) => `\\u06f${digit}`,
      ),
      fc.constantFrom('', ...invisible),
      fc.nat(14),
    )
    .map(([number, separator, size, write, unseen, place]) => {
      const groups = number.match(new RegExp(`.{1,${size}}`, 'g')) ?? []
      const written = groups.map((group) => [...group].map(write)).map((group) => group.join('\0'))
      // Something unseen behind one of the digits, wherever the groups end.
      const parts = written.join(`\0${separator}`).split('\0')
      return { number, json: parts.map((part, index) => (index === place ? `${part}${unseen}` : part)).join('') }
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
        assert.ok(!readForms(JSON.stringify(parsed)).replaceAll(/\D/g, '').includes(number))
        assert.equal(watchForCardData(body), null, 'what was blanked is no card number')
      },
    ),
    { numRuns: 300 },
  )
})

test('where the relay has blanked the card, its stars are no card data; a digit beside them is', () => {
  const body = (card: object) => Buffer.from(JSON.stringify({ amount: 1, payment_method: { type: 'card', card } }))
  const blanked = { number: '*'.repeat(16), cvc: '***', exp_month: 12, exp_year: 2030 }
  assert.equal(watchForCardData(body(blanked), { card: 'blanked' }), null)
  const half = body({ ...blanked, cvc: '*37' })
  assert.deepEqual(watchForCardData(half, { card: 'blanked' }), { param: 'payment_method.card.cvc' })
  assert.doesNotMatch(half.toString(), /37/)
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

test('an exempt key of metadata is let pass, for its text alone', () => {
  const exemptKeys = new Set(['order_no', 'pan', 'n'])
  const watch = (body: string) => watchForCardData(Buffer.from(body), { exemptKeys })
  assert.equal(watch(`{"metadata":{"order_no":"${visa}","other":"x"}}`), null)
  assert.equal(watch(`{"metadata":{"order\\u005fno":"${visa}"}}`), null, 'it is the same key')
  const refused: [body: string, param: string][] = [
    [`{"metadata":{"order_no":"${visa}","other":"${visa}"}}`, 'metadata.other'],
    [`{"metadata":{"order_no":{"x":"${visa}"}}}`, 'metadata.order_no.x'],
    [`{"metadata":{"order_no":["${visa}"]}}`, 'metadata.order_no.0'],
    [`{"metadata":{"n":${visa}}}`, 'metadata.n'],
    [`{"metadata":{"pan":"1234"}}`, 'metadata.pan'],
    [`{"order_no":"${visa}"}`, 'order_no'],
    [`{"payment_method":{"metadata":{"order_no":"${visa}"}}}`, 'payment_method.metadata.order_no'],
    [`{"payment_method":{"card":{"number":"${visa}"}}}`, 'payment_method.card.number'],
  ]
  for (const [text, param] of refused) {
    const body = Buffer.from(text)
    assert.deepEqual(watchForCardData(body, { exemptKeys }), { param }, text)
    const left = body.toString().replace(`"order_no":"${visa}","other"`, '')
    assert.doesNotMatch(left, /4111|1234/, 'what was refused is overwritten')
  }
})

test('the false alarms are as few as docs/tripwire.md says: none of what is no bare run of digits', (t) => {
  const figures = measureFalseAlarms(1_000)
  for (const { name, alarms, sample } of figures) t.diagnostic(`${name}: ${alarms} of ${sample}`)
  const noisy = new Map([
    ['12 random digits (FedEx)', 5],
    ['13 random digits', 5],
    ['15 random digits (FedEx Ground)', 10],
    ['16 random digits', 40],
    ['16 random digits in groups of four', 45],
    ['19 random digits', 30],
    ['date (YYMMDD) and 10 digits, years 2022 to 2027', 120],
    ['Amazon’s order number', 15],
    ['Shopify’s order id', 5],
    ['IBAN', 15],
    ['IBAN in groups of four', 80],
    ['USPS tracking number', 70],
  ])
  const tooMany = figures.filter(({ name, alarms }) => alarms > (noisy.get(name) ?? 0))
  assert.deepEqual(tooMany, [])
  const known = figures.map(({ name }) => name)
  assert.deepEqual(
    [...noisy.keys()].filter((name) => !known.includes(name)),
    [],
  )
})

test('64 KiB of the worst bodies take milliseconds, and not the square of them', () => {
  const size = 65_536
  const worst = [
    '4 ',
    '4',
    '"4',
    '{"a":',
    '[',
    '\\u0034',
    '4-1-',
    '"4111111111111111",',
    'a4111111111111111',
    '4..',
    '%34',
    '４',
    '–',
    'ж',
  ]
  for (const piece of worst) {
    for (const prefix of ['', '{"a":"', '[']) {
      const body = Buffer.from((prefix + piece.repeat(Math.ceil(size / piece.length))).slice(0, size))
      const before = process.cpuUsage()
      watchForCardData(body)
      // Of this process alone: how busy the machine is does not count.
      const ms = process.cpuUsage(before).user / 1_000
      assert.ok(ms < 500, `${JSON.stringify(prefix + piece)} took ${ms} ms`)
    }
  }
})

test('digits cost a few times what letters cost and no more, however they are grouped', () => {
  /** Of one look at 64 KiB, in ms of this process's own time; that is counted in steps of some ms, so of many looks. */
  const cost = (piece: string, looks: number) => {
    const text = `{"description":"${piece.repeat(65_000 / piece.length)}"}`
    const bodies = Array.from({ length: looks }, () => Buffer.from(text))
    const before = process.cpuUsage()
    for (const body of bodies) watchForCardData(body)
    return process.cpuUsage(before).user / 1_000 / looks
  }
  cost('letters ', 20)
  const letters = cost('letters ', 100)
  // A scan that goes back over its digits, as there once was, costs 20 to 84 times what letters cost; this one 2 to 15.
  const worst = ['4 ', '4-', '4..', '5-2-4-', `${'4 '.repeat(14)}5 5 `, `${'4-'.repeat(14)}5-5-`]
  const figures = worst.map((piece) => ({ piece, times: cost(piece, 20) / letters }))
  assert.deepEqual(
    figures.filter(({ times }) => times > 30),
    [],
  )
})

function withCheckDigit(start: string): string {
  const sum = [...start].reverse().reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return start + ((10 - (sum % 10)) % 10)
}

/** The text with its digits as plain ones, however they are written. */
function readForms(text: string): string {
  return text
    .replaceAll(/(?:\\u00|%)(3\d)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/\\u06[6f](\d)/gi, '$1')
    .replaceAll(/[０-９٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 0x0f))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
