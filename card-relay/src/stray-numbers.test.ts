import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeCardMemory } from './card-memory.ts'
import { findStrayNumber } from './stray-numbers.ts'

const cases: [what: string, text: string, isStray: boolean][] = [
  ['a number', '{"note":"4242424242424242"}', true],
  ['a number in words', '{"note":"card 4242424242424242, 12/34"}', true],
  ['a number in groups', '{"note":"4242 4242 4242 4242"}', true],
  ['a number in groups with dashes', '{"note":"4242-4242-4242-4242"}', true],
  ['a number with another group before and after it', '{"note":"12 4242424242424242 34"}', true],
  ['an American Express number', '{"note":"3782 822463 10005"}', true],
  ['a JSON number', '{"note":4242424242424242}', true],
  ['a wrong check digit', '{"note":"4242424242424241"}', false],
  ['a brand’s wrong length', '{"note":"424242424242424234"}', false],
  ['no brand’s prefix', '{"note":"1000000000000008"}', false],
  ['12 digits', '{"note":"676770000005"}', false],
  ['a piece of an id', '{"note":"a4242424242424242f"}', false],
  ['digits inside longer ones', '{"note":"11114242424242424242111"}', false],
  ['the blanked card', '{"number":"****************","cvc":"***"}', false],
]

describe('another card number in the body', () => {
  for (const [what, text, isStray] of cases) {
    it(`${isStray ? 'sees' : 'does not see'} ${what}`, () => {
      const memory = makeCardMemory()
      assert.equal(findStrayNumber(Buffer.from(text), [], memory) !== -1, isStray)
      assert.equal(memory.count(), 0)
    })
  }
})
