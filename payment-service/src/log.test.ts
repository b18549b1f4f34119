import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError } from './log.ts'

test('an exception is described by its name, its code and its place', () => {
  const described = describeError(Object.assign(new TypeError('what was sent'), { code: '23505' }))
  assert.equal(described.name, 'TypeError')
  assert.equal(described.code, '23505')
  assert.match(described.at, /^src\/log\.test\.ts:\d+$/)
  assert.deepEqual(describeError('what was sent'), { name: 'string', code: '', at: '' })
})

const parsers: [what: string, fail: () => unknown][] = [
  ['JSON', () => JSON.parse('x4111111111111111')],
  ['BigInt', () => BigInt('4111111111111111 oops')],
  ['an address', () => new URL('4111111111111111 oops')],
  ['a header', () => new Headers({ '4111111111111111 oops': 'x' })],
  ['an encoding', () => Buffer.from('x', '4111111111111111' as BufferEncoding)],
  ['a currency', () => new Intl.NumberFormat('en', { style: 'currency', currency: '4111111111111111' })],
]
for (const [what, fail] of parsers) {
  test(`what failed to be read as ${what} is in no part of the description`, () => {
    const error = thrownBy(fail)
    assert.match(
      `${error.message} ${'input' in error ? error.input : ''}`,
      /4111111111111111/,
      'the parser itself quotes it',
    )
    assert.doesNotMatch(JSON.stringify(describeError(error)), /4111/)
  })
}

test('a message that looks like a stack, and a name or a code that is no word, are not taken for one', () => {
  const message = [
    'x',
    '    at read (file:///app/src/4111111111111111.ts:1:1)',
    '    at src/4111-1111.ts:4111111111111111:1',
    'src/card.ts:41111 1111111',
  ].join('\n')
  const error = Object.assign(new Error(message), { name: 'card 4111111111111111', code: '4111111111111111' })
  assert.doesNotMatch(JSON.stringify(describeError(error)), /4111/)
})

function thrownBy(fail: () => unknown): Error {
  try {
    fail()
  } catch (error) {
    if (error instanceof Error) return error
  }
  return assert.fail('it did not throw')
}
