import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { takeCard } from './card.ts'
import { makeCardMemory } from './card-memory.ts'

const number = '4242424242424242'
const wrap = (card: string, rest = '') => `{"amount":1000,"payment_method":{"type":"card","card":{${card}}}${rest}}`
const plain = `"number":"${number}","cvc":"737"`

function take(text: string, exemptKeys: string[] = []) {
  const memory = makeCardMemory()
  const body = Buffer.from(text)
  const result = takeCard(body, exemptKeys, memory)
  return { result, memory, body }
}

describe('taking the card out of the body', () => {
  it('moves the digits, leaves stars, and tells only the facts', () => {
    const { result, body } = take(wrap(`${plain},"exp_month":12`))
    assert.ok('card' in result)
    assert.equal(result.card.number.toString(), number)
    assert.equal(result.card.cvc.toString(), '737')
    assert.equal(result.blankedBody, wrap(`"number":"${'*'.repeat(16)}","cvc":"***","exp_month":12`))
    assert.ok(!body.includes(number))
    const facts = { brand: 'visa', first6: '424242', last4: '4242', length: 16, luhnOk: true, cvcLength: 3 }
    assert.deepEqual(result.card.facts, facts)
  })

  it('takes the card when other fields are named like its own', () => {
    const { result } = take(wrap(plain, ',"metadata":{"number":"7","cvc":"737","card":"x"},"number":1'))
    assert.ok('card' in result)
  })

  it('takes a card without a code, and then takes nothing of a reply for one', () => {
    const text = wrap(`"number":"${number}"`)
    const { result } = take(text)
    assert.ok('card' in result)
    assert.deepEqual([result.card.cvc.length, result.card.facts.cvcLength], [0, 0])
    assert.equal(result.blankedBody, text.replace(number, '*'.repeat(16)))
    for (const value of ['', '-', '737']) assert.equal(result.card.search.isCode(Buffer.from(value)), false, value)
    assert.ok(result.card.search.holdsNumber(Buffer.from(`x${number}`)))
  })

  const refusals = [
    ['no card', '{"amount":1}', 'card_number_missing'],
    ['a token', '{"payment_method":{"type":"token","token":"tok_1"}}', 'card_number_missing'],
    ['no number', wrap('"cvc":"737"'), 'card_number_missing'],
    ['the card at the top', `{"card":{${plain}}}`, 'card_number_missing'],
    ['the number at the top', `{${plain}}`, 'card_number_missing'],
    ['the card one level too deep', wrap(`"card":{${plain}}`), 'card_number_missing'],
    ['the card in an array', `{"payment_method":{"card":[{${plain}}]}}`, 'card_number_missing'],
    ['the payment method in an array', `{"payment_method":[{"card":{${plain}}}]}`, 'card_number_missing'],
    ['a dotted key', `{"payment_method.card.number":"${number}"}`, 'card_number_missing'],
    ['the number as a JSON number', wrap(`"number":${number},"cvc":"737"`), 'card_field_ambiguous'],
    ['the code as a JSON number', wrap(`"number":"${number}","cvc":737`), 'card_field_ambiguous'],
    ['the number as null', wrap('"number":null,"cvc":"737"'), 'card_number_invalid'],
    ['the number as an object', wrap(`"number":{"a":"${number}"},"cvc":"737"`), 'card_number_invalid'],
    ['the code as null', wrap(`"number":"${number}","cvc":null`), 'card_cvc_invalid'],
    ['an escape in the number', wrap('"number":"\\u0034242424242424242","cvc":"737"'), 'card_field_ambiguous'],
    ['an escape in the code', wrap(`"number":"${number}","cvc":"73\\u0037"`), 'card_field_ambiguous'],
    ['the number twice', wrap(`${plain},"number":"${number}"`), 'card_field_ambiguous'],
    ['the code twice', wrap(`${plain},"cvc":"737"`), 'card_field_ambiguous'],
    ['the number twice, once escaped', wrap(`${plain},"n\\u0075mber":"${number}"`), 'card_field_ambiguous'],
    ['an escaped key of the path', `{"payment_method":{"c\\u0061rd":{${plain}}}}`, 'card_field_ambiguous'],
    ['the payment method twice', `${wrap(plain).slice(0, -1)},"payment_method":{}}`, 'card_field_ambiguous'],
    ['another key twice', wrap(plain, ',"a":1,"a":1'), 'malformed_json'],
    ['a second document', `${wrap(plain)}{}`, 'malformed_json'],
    ['a byte order mark', `\ufeff${wrap(plain)}`, 'malformed_json'],
    ['no JSON', `number=${number}`, 'malformed_json'],
    ['spaces in the number', wrap('"number":"4242 4242 4242 4242","cvc":"737"'), 'card_number_invalid'],
    ['a letter in the number', wrap('"number":"424242424242424x","cvc":"737"'), 'card_number_invalid'],
    ['wide digits', wrap('"number":"４２４２４２４２４２４２４２４２","cvc":"737"'), 'card_number_invalid'],
    ['a wrong check digit', wrap('"number":"4242424242424241","cvc":"737"'), 'card_number_invalid'],
    ['11 digits', wrap('"number":"42424242424","cvc":"737"'), 'card_number_invalid'],
    ['20 digits', wrap('"number":"42424242424242424242","cvc":"737"'), 'card_number_invalid'],
    ['a Visa number of 14 digits', wrap('"number":"42424242424242","cvc":"737"'), 'card_number_invalid'],
    ['an empty number', wrap('"number":"","cvc":"737"'), 'card_number_invalid'],
    ['2 digits of code', wrap(`"number":"${number}","cvc":"73"`), 'card_cvc_invalid'],
    ['5 digits of code', wrap(`"number":"${number}","cvc":"73737"`), 'card_cvc_invalid'],
    ['the number in the metadata too', wrap(plain, `,"metadata":{"a":"x${number}x"}`), 'card_field_ambiguous'],
    ['the number as a key too', wrap(plain, `,"metadata":{"${number}":"a"}`), 'card_field_ambiguous'],
    ['the number as a JSON number too', wrap(plain, `,"b":${number}`), 'card_field_ambiguous'],
    ['the number with spaces too', wrap(plain, ',"b":"4242 4242 4242 4242"'), 'card_field_ambiguous'],
    ['the number with dashes too', wrap(plain, ',"b":"4242-4242-4242-4242"'), 'card_field_ambiguous'],
    [
      'the number with no-break spaces too',
      wrap(plain, ',"b":"4242\u00a04242\\u00a042424242"'),
      'card_field_ambiguous',
    ],
    ['the number with escapes too', wrap(plain, ',"b":"\\u0034\\u003242424242424242"'), 'card_field_ambiguous'],
    ['the number percent-encoded too', wrap(plain, ',"b":"%34%32%34%32424242424242"'), 'card_field_ambiguous'],
    ['the number over lines too', wrap(plain, ',"b":"4242\\n4242\\n4242\\n4242"'), 'card_field_ambiguous'],
    ['the number in four pieces too', wrap(plain, ',"b":["4242", "4242", "4242", "4242"]'), 'card_field_ambiguous'],
  ] as const
  for (const [name, text, code] of refusals) {
    it(`refuses ${name} with ${code}, and keeps nothing`, () => {
      const { result, memory } = take(text)
      assert.equal('card' in result ? 'taken' : result.code, code)
      assert.equal(memory.count(), 0)
      assert.doesNotMatch(JSON.stringify(result), /\d{4}/)
    })
  }

  const other = '4111111111111111'
  const exempt = ['order_no', 'order.no', 'b']
  const passed = [
    ['the text of an exempt key', `,"metadata":{"order_no":"${other}"}`],
    ['more in that text', `,"metadata":{"a":1,"order_no":"no. ${other}, 2"}`],
    ['several', `,"metadata":{"order_no":"${other}","order.no":"${other}"}`],
  ] as const
  for (const [name, rest] of passed) {
    it(`lets pass ${name}`, () => {
      const { result } = take(wrap(plain, rest), exempt)
      assert.ok('card' in result)
      assert.ok(result.blankedBody.endsWith(`}${rest}}`))
    })
  }
  const watched = [
    ['a key that is not exempt', `,"metadata":{"order_no":"x","other":"${other}"}`],
    ['a key that begins like an exempt one', `,"metadata":{"order_no2":"${other}"}`],
    ['a key with another case', `,"metadata":{"Order_no":"${other}"}`],
    ['a key whose name is the path', `,"metadata.order_no":"${other}"`],
    ['a path whose name is the key', `,"metadata":{"order":{"no":"${other}"}}`],
    ['a number that is no text', `,"metadata":{"order_no":${other}}`],
    ['an object at the key', `,"metadata":{"order_no":{"b":"${other}"}}`],
    ['an array at the key', `,"metadata":{"order_no":["${other}"]}`],
    ['the key itself', `,"metadata":{"${other}":"order_no"}`],
    ['metadata in an array', `,"metadata":[{"order_no":"${other}"}]`],
    ['metadata in another object', `,"a":{"metadata":{"order_no":"${other}"}}`],
    ['the key beside metadata', `,"metadata":{},"order_no":"${other}"`],
    ['the key in an object after metadata', `,"metadata":{"order_no":"x"},"a":{"order_no":"${other}"}`],
    ['metadata that is a text', `,"metadata":"order_no","description":"${other}"`],
  ] as const
  for (const [name, rest] of watched) {
    it(`holds an exemption of a key of metadata for nothing else: ${name}`, () => {
      const { result, memory } = take(wrap(plain, rest), exempt)
      assert.equal('card' in result ? 'taken' : result.code, 'card_data_not_accepted_here')
      assert.equal(memory.count(), 0)
    })
  }
  const never = [
    ['the card itself in an exempt text', `,"metadata":{"order_no":"${number}"}`, 'card_field_ambiguous'],
    ['metadata twice', `,"metadata":{"order_no":"${other}"},"metadata":{}`, 'malformed_json'],
    ['an exempt key twice', `,"metadata":{"order_no":"x","order_no":"${other}"}`, 'malformed_json'],
    ['an exempt key with an escape', `,"metadata":{"order\\u005fno":"${other}"}`, 'card_field_ambiguous'],
  ] as const
  for (const [name, rest, code] of never) {
    it(`refuses ${name}`, () => {
      const { result } = take(wrap(plain, rest), exempt)
      assert.equal('card' in result ? 'taken' : result.code, code)
    })
  }

  const brands = [
    ['4222222222222', 'visa'],
    ['5555555555554444', 'mastercard'],
    ['2223003122003222', 'mastercard'],
    ['378282246310005', 'amex'],
    ['6011111111111117', 'discover'],
    ['30569309025904', 'diners'],
    ['36227206271667', 'diners'],
    ['3530111333300000', 'jcb'],
    ['6200000000000005', 'unionpay'],
    ['6759649826438453', 'maestro'],
    ['9999999999999995', 'unknown'],
  ] as const
  for (const [digits, brand] of brands) {
    it(`knows ${digits.slice(0, 6)}… as ${brand}`, () => {
      const { result } = take(wrap(`"number":"${digits}","cvc":"1234"`))
      assert.ok('card' in result)
      assert.equal(result.card.facts.brand, brand)
    })
  }
})
