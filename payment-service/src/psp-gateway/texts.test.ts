import assert from 'node:assert/strict'
import { test } from 'node:test'
import { breakBraces } from './break-braces.ts'
import { fitText } from './fit-text.ts'
import { maxTextLength, parseJson } from './parse-json.ts'
import { readPspCode } from './psp-code.ts'

test('keeps of a PSP’s code a short word, and nothing that may be a card number', () => {
  for (const code of ['insufficient_funds', 'card.declined', '905_1', '05', 'x'.repeat(64)])
    assert.equal(readPspCode(code), code)
  for (const code of [
    '',
    'two words',
    '4242424242424242',
    'card_4242424242424242',
    '<b>',
    'x'.repeat(65),
    null,
    undefined,
  ])
    assert.equal(readPspCode(code), null)
})

test('reads JSON that is not too long, and never throws', () => {
  assert.deepEqual(parseJson('{"a":1}'), { a: 1 })
  for (const text of ['', '{', `"${'x'.repeat(maxTextLength)}"`]) assert.equal(parseJson(text), undefined)
})

test('makes any text of a merchant one that a PSP takes', () => {
  for (const [text, most, expected] of [
    [' Three\nbooks ', 20, 'Three books'],
    ['\ud800', 20, '\ufffd'],
    // Cut between characters, never inside of one, and with no space at the end.
    ['Zoë 📚 more', 5, 'Zoë 📚'],
    ['Zoë 📚 more', 6, 'Zoë 📚'],
    [' \u0000 ', 20, undefined],
    [null, 20, undefined],
  ] as const) {
    assert.equal(fitText(text, most), expected)
  }
})

test('leaves no two braces side by side', () => {
  for (const text of ['{{card.number}}', '{{{{', '{ {', 'a{b']) assert.doesNotMatch(breakBraces(text), /\{\{/)
})
