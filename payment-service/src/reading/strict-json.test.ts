import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseStrictJson } from './strict-json.ts'

const twice = {
  refused: 'malformed_json',
  detail: 'An object has the same key twice, so its meaning is not certain. Send each key once.',
}

describe('a JSON text, read strictly', () => {
  for (const [where, text] of [
    ['at the top', '{"amount":1,"amount":1000}'],
    ['with the same value', '{"amount":1,"amount":1}'],
    ['once escaped', '{"amount":1,"am\\u006funt":1000}'],
    ['within', '{"a":{"b":[{"c":{"secret":1,"d":2,"secret":3}}]}}'],
    ['in an object that another one replaces', '{"a":{"b":1,"b":2},"c":1}'],
    ['with texts that hold quotes and colons', '{"a":"\\":\\\\","b":":","a":1}'],
    ['empty', '{"":1,"":1}'],
  ] as const) {
    it(`has no key twice: ${where}`, () => {
      for (const accept of ['storable', 'any'] as const) assert.deepEqual(parseStrictJson(text, accept), twice)
    })
  }

  it('is what was written, when every key stands once in its object', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }))
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'))
        const text = JSON.stringify(value, null, space)
        assert.deepEqual(parseStrictJson(text, 'any'), { value: JSON.parse(text) })
      }),
    )
    const same = '{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":":"}}'
    assert.deepEqual(parseStrictJson(same), { value: JSON.parse(same) })
  })

  it('is bounded in depth, whatever texts it may hold', () => {
    const deep = `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    for (const accept of ['storable', 'any'] as const) {
      const read = parseStrictJson(deep, accept)
      assert.deepEqual(read, { refused: 'malformed_json', detail: 'The body is nested too deeply.' })
    }
  })
})
