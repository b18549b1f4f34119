import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeCardMemory } from './card-memory.ts'
import { makeCardSearch } from './card-search.ts'
import { readWantedFields } from './psp-client.ts'
import { quote, saysDigits, spellDigits, spellInside } from './testing/spellings.ts'

const numbers = [
  '4242424242424242',
  '378282246310005',
  '36227206271667',
  '6200000000000005',
  '4222222222222',
  '6799990100000000019',
]
const codes = ['737', '0808', '012', '2203']

function makeSearch(number: string, code: string) {
  const memory = makeCardMemory()
  const search = makeCardSearch(Buffer.from(number), Buffer.from(code), memory.take(256), memory)
  return { memory, search }
}

describe('the search for a card', () => {
  for (const number of numbers) {
    const { search, memory } = makeSearch(number, '737')
    for (const spelling of spellInside(number)) {
      it(`finds ${number.slice(0, 6)}… ${spelling.name}, and leaves nothing behind`, () => {
        const before = memory.count()
        assert.equal(search.holdsNumber(Buffer.from(quote(spelling).slice(1, -1))), true)
        assert.equal(memory.count(), before)
      })
    }
  }

  // Found by the residue drill: packed, 25 34 56 is `%4V`, and 25 34 61 is `%4a`, which is no escape there.
  it('finds packed decimal whose digits look like escapes', () => {
    for (const pair of ['25', '08', '09', '10', '12', '13', '22']) {
      for (let rest = 0; rest < 1_000; rest++) {
        const number = `4${String(rest).padStart(3, '0')}${pair}34619${rest % 10}993141`
        const { search } = makeSearch(number, '737')
        for (const spelling of spellInside(number)) {
          if (!spelling.name.startsWith('packed')) continue
          assert.equal(
            search.holdsNumber(Buffer.from(quote(spelling).slice(1, -1))),
            true,
            `${number} ${spelling.name}`,
          )
        }
      }
    }
  })

  for (const code of codes) {
    const { search } = makeSearch('4242424242424242', code)
    for (const spelling of spellDigits(code)) {
      it(`knows a value that is the code ${code}, ${spelling.name}`, () => {
        assert.equal(search.isCode(Buffer.from(quote(spelling).slice(1, -1))), true)
      })
    }
    it(`takes no longer value for the code ${code}`, () => {
      for (const text of [`${code}1`, `1${code}`, `a${code}`, 'captured', '', 'EUR', `${code.slice(1)}`]) {
        assert.equal(search.isCode(Buffer.from(text)), false, text)
      }
    })
  }

  it('takes no other digits for the number', () => {
    const { search } = makeSearch('4242424242424242', '737')
    for (const text of [
      '424242',
      '4242',
      '424242424242424',
      '4242x424242424242',
      '4242424242424243',
      '424242******4242',
      '',
    ]) {
      assert.equal(search.holdsNumber(Buffer.from(text)), false, text)
    }
  })

  it('takes little time, whatever the text', () => {
    const { search } = makeSearch('2220000000000000', '737')
    const texts = ['2', '2 ', '"', '\\"', '%', '\\u0032', '%32', '3', ' ', 'MjIy', '""" ', '\\']
    const startedAt = performance.now()
    for (const text of texts) search.holdsNumber(Buffer.from(text.repeat(65_536 / text.length)))
    assert.ok(performance.now() - startedAt < 3_000, `${performance.now() - startedAt} ms`)
  })
})

describe('what is passed on of a reply', () => {
  const wanted = ['status', 'amount.value', 'amount.currency', 'card.last4']
  const number = '4242424242424242'
  function pass(reply: string, code = '737'): string {
    return readWantedFields(Buffer.from(reply), wanted, makeSearch(number, code).search)
  }

  const cases = [
    [
      'wanted values',
      '{"status":"captured","amount":{"value":737,"currency":"EUR"}}',
      '{"status":"captured","amount":{"value":737,"currency":"EUR"}}',
    ],
    [
      'other texts and numbers',
      '{"status":"ok","note":"737","n":[12.5e3,-1,"a"],"b":true,"c":null}',
      '{"status":"ok","****":"***","*":[0     ,0 ,"*"],"*":true,"*":null}',
    ],
    [
      'a wanted name elsewhere',
      '{"a":{"status":"x"},"amount":{"status":"y","value":1}}',
      '{"*":{"******":"*"},"amount":{"******":"*","value":1}}',
    ],
    ['a wanted name in an array', '[{"status":"x"}]', ''],
    [
      'a wanted path through an array',
      '{"amount":[{"value":1}],"status":"ok"}',
      '{"amount":[{"*****":0}],"status":"ok"}',
    ],
    ['a dotted name', '{"amount.value":1,"status":"ok"}', '{"************":0,"status":"ok"}'],
    [
      'a value on the way to a wanted one',
      '{"amount":"4242","status":{"x":"y"}}',
      '{"amount":"****","status":{"*":"*"}}',
    ],
    ['a key with an escape', '{"st\\u0061tus":"x","status":"y"}', '{"***********":"*","status":"y"}'],
    ['a wanted key twice', '{"status":"a","status":"b"}', ''],
    ['a number that holds the card', '{"amount":{"value":4242424242424242}}', '{"amount":{"value":0               }}'],
    [
      'a code as a number',
      '{"amount":{"value":737},"card":{"last4":"737"}}',
      '{"amount":{"value":737},"card":{"last4":"***"}}',
    ],
    ['spaces as they were', ' {\n\t"status" : "ok" }\r\n', ' {\n\t"status" : "ok" }\r\n'],
    ['no JSON', 'number=4242424242424242', ''],
    ['JSON that breaks off', '{"status":"ok"', ''],
    ['two objects', '{"status":"ok"}{}', ''],
    ['an array', '["ok"]', ''],
    ['a text', '"ok"', ''],
    ['nothing', '', ''],
  ] as const
  for (const [name, reply, expected] of cases) it(`of ${name}`, () => assert.equal(pass(reply), expected))

  for (const spelling of spellInside(number)) {
    it(`is no number in a wanted value, a key, another value or an array: ${spelling.name}`, () => {
      const echo = quote(spelling)
      const reply = `{"status":${echo},"card":{"last4":${echo},${echo}:${echo}},"list":[${echo},{"a":${echo}}]}`
      const passed = pass(reply)
      assert.equal(passed.length > 0, true)
      const value = JSON.parse(passed)
      assert.match(value.status, /^\*+$/)
      assert.match(value.card.last4, /^\*+$/)
      assert.equal(saysDigits([passed, ...collectTexts(value)], number), false)
      assert.equal(saysDigits([reply, ...collectTexts(JSON.parse(reply))], number), true, 'the check itself finds it')
    })
  }

  for (const code of codes) {
    for (const spelling of spellDigits(code)) {
      it(`is no code in a wanted value: ${code}, ${spelling.name}`, () => {
        assert.match(JSON.parse(pass(`{"status":${quote(spelling)}}`, code)).status, /^\*+$/)
      })
    }
  }
})

function collectTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.entries(value).flatMap(([key, inner]) => [key, ...collectTexts(inner)])
}
